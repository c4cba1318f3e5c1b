using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Vmm.Lab.Keeper;

/// <summary>QEMU's monitor. We listen and it connects, so there is no moment in which to miss it.</summary>
internal sealed partial class QemuMonitor : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private Socket? _monitor;

    public QemuMonitor(string path)
    {
        File.Delete(path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
    }

    /// <summary>The kernel chose the port on the host's side (we asked for 0); the monitor knows which.</summary>
    public int ForwardedPort(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Limit);
        _monitor = _listener.AcceptAsync(limit.Token).AsTask().GetAwaiter().GetResult();
        _monitor.Send("info usernet\n"u8);
        var said = new StringBuilder();
        var buffer = new byte[4096];
        while (true)
        {
            var n = _monitor.ReceiveAsync(buffer, limit.Token).AsTask().GetAwaiter().GetResult();
            if (n == 0)
                throw new LabException($"QEMU closed its monitor: {said}");
            said.Append(Encoding.ASCII.GetString(buffer, 0, n));
            if (Forward().Match(said.ToString()) is { Success: true } match)
                return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        }
    }

    public void Dispose()
    {
        _monitor?.Dispose();
        _listener.Dispose();
    }

    [GeneratedRegex(@"TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s")]
    private static partial Regex Forward();
}
