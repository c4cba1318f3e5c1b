using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Vmm.Bench.SideBySide;

/// <summary>A QEMU with a tiny guest, or waiting for one, and its monitor.</summary>
internal sealed class Qemu : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader _answers;
    private readonly Dictionary<string, double> _events = [];

    /// <summary>Starts one.</summary>
    /// <param name="folder">Where its monitor's socket is to be.</param>
    /// <param name="name">The socket's name.</param>
    /// <param name="mebibytes">RAM.</param>
    /// <param name="guest">The guest's ELF file.</param>
    /// <param name="options">Its command line.</param>
    /// <param name="incoming">Where it waits for a migration; null for one that starts the guest.</param>
    public Qemu(string folder, string name, int mebibytes, string guest, string options, string? incoming)
    {
        string monitor = Path.Combine(folder, $"{name}.qmp");
        File.Delete(monitor);
        List<string> arguments = ["-M", "microvm", "-accel", "kvm", "-cpu", "qemu64", "-m", $"{mebibytes}M", "-nodefaults", "-no-user-config", "-display", "none", "-serial", "null",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", guest, "-append", options, "-qmp", $"unix:{monitor},server=on,wait=off"];
        if (incoming is not null)
            arguments.AddRange(["-incoming", incoming]);
        _process = Process.Start(new ProcessStartInfo("qemu-system-x86_64", arguments) { RedirectStandardInput = true })!;
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                _socket.Connect(new UnixDomainSocketEndPoint(monitor));
                break;
            }
            catch (SocketException) when (!_process.HasExited && Stopwatch.GetElapsedTime(start) < s_patience)
            {
                Thread.Sleep(20);
            }
        }
        _answers = new StreamReader(new NetworkStream(_socket));
        _answers.ReadLine();
        Ask("""{"execute":"qmp_capabilities"}""");
    }

    /// <summary>Moves its guest, and returns when it runs at the other one.</summary>
    /// <param name="place">Where the other one waits.</param>
    /// <param name="there">The other one.</param>
    /// <param name="downtime">How many milliseconds the guest may be held for.</param>
    /// <returns>Its downtime is from the event that the guest is stopped here to the one that it runs there: what QEMU calls that ends earlier.</returns>
    public Move Migrate(string place, Qemu there, int downtime)
    {
        Ask(string.Create(CultureInfo.InvariantCulture, $$$"""{"execute":"migrate-set-parameters","arguments":{"downtime-limit":{{{downtime}}},"max-bandwidth":100000000000}}"""));
        Ask($$$"""{"execute":"migrate","arguments":{"uri":"{{{place}}}"}}""");
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < s_patience)
        {
            JsonElement state = Ask("""{"execute":"query-migrate"}""");
            string status = state.GetProperty("status").GetString()!;
            if (status == "completed")
                return new Move(state.GetProperty("total-time").GetDouble(), there.WaitFor("RESUME") - WaitFor("STOP"), state.GetProperty("ram").GetProperty("transferred").GetInt64() / 1e6);
            if (status == "failed")
                throw new InvalidOperationException($"QEMU's migration failed: {state.GetRawText()}");
            Thread.Sleep(20);
        }
        throw new TimeoutException("QEMU's migration does not converge");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _answers.Dispose();
        _socket.Dispose();
    }

    /// <summary>When something happened, in milliseconds.</summary>
    private double WaitFor(string name)
    {
        long start = Stopwatch.GetTimestamp();
        double when;
        while (!_events.TryGetValue(name, out when))
        {
            if (Stopwatch.GetElapsedTime(start) > s_patience)
                throw new TimeoutException($"QEMU does not tell of {name}");
            // Events come between answers.
            Ask("""{"execute":"query-status"}""");
        }
        return when;
    }

    private JsonElement Ask(string command)
    {
        _socket.Send(Encoding.UTF8.GetBytes(command + "\n"));
        while (_answers.ReadLine() is string line)
        {
            JsonElement answer = JsonDocument.Parse(line).RootElement;
            if (answer.TryGetProperty("event", out JsonElement happened))
            {
                JsonElement time = answer.GetProperty("timestamp");
                _events[happened.GetString()!] = time.GetProperty("seconds").GetDouble() * 1e3 + time.GetProperty("microseconds").GetDouble() / 1e3;
            }
            if (answer.TryGetProperty("return", out JsonElement value))
                return value;
            if (answer.TryGetProperty("error", out JsonElement error))
                throw new InvalidOperationException($"QEMU: {command}: {error.GetRawText()}");
        }
        throw new InvalidOperationException("QEMU has ended");
    }
}
