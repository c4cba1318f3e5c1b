using System.Globalization;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Network.Passt;

/// <summary>The host's network as <c>passt</c> lends it, without root and without set-up. One that dies is told; the machine lives.</summary>
internal sealed class PasstBackend : IDisposable
{
    private readonly PasstProcess _passt;

    private PasstBackend(PasstProcess passt, NetConfig net, EventLoop loop, Action<string> onLost)
    {
        _passt = passt;
        Frames = new StreamBackend(passt.Socket, loop, net.Mtu is int mtu ? (ushort)mtu : null, why => onLost(Explain(why)));
    }

    /// <summary>What the device sends to and receives from.</summary>
    public StreamBackend Frames { get; }

    /// <summary>The process.</summary>
    public int ProcessId => _passt.Id;

    /// <summary>Starts it.</summary>
    /// <param name="net">The device it is for; resolved.</param>
    /// <param name="loop">The device's event thread.</param>
    /// <param name="onLost">Told on that thread, once, when <c>passt</c> is gone, and why.</param>
    /// <exception cref="VmmException">It does not start.</exception>
    public static PasstBackend Start(NetConfig net, EventLoop loop, Action<string> onLost)
    {
        PasstProcess passt = PasstProcess.Start(net);
        try
        {
            return new(passt, net, loop, onLost);
        }
        catch
        {
            passt.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Frames.Dispose();
        _passt.Dispose();
    }

    private string Explain(string why) => string.Create(CultureInfo.InvariantCulture, $"passt (process {_passt.Id}) is gone: {why} ({_passt.End()})");
}
