using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Vmm.Lab.Cache;

namespace Vmm.Lab.Keeper;

/// <summary>
/// A connection to the keeper. While it is open L1 stays up, and the kernel closes it when this process ends,
/// however that happens.
/// </summary>
public sealed class KeeperLease : IDisposable
{
    private static readonly string[] KeeperFiles = ["Vmm.Lab.dll", "Vmm.Lab.runtimeconfig.json", "Vmm.Lab.deps.json"];
    private readonly Socket _socket;

    private KeeperLease(Socket socket, KeeperState state) => (_socket, State) = (socket, state);

    /// <summary>How to reach L1.</summary>
    public KeeperState State { get; }

    /// <summary>Joins the L1 that is up, or starts one. Of several callers one starts it.</summary>
    public static async Task<KeeperLease> TakeAsync(Action<string> progress)
    {
        var socket = await ConnectAsync();
        if (socket is null)
        {
            await OuterMachine.PrepareAsync(progress);
            using var held = await FileLock.TakeAsync(Path.Combine(LabPaths.Runtime, "lock"));
            socket = await ConnectAsync() ?? await StartKeeperAsync(progress);
        }
        var state = await AskAsync(socket, "lease");
        return state.Error is null ? new KeeperLease(socket, state) : throw new LabException(state.Error);
    }

    /// <summary>Asks a running keeper ("status", "hold", "stop"); null when there is none.</summary>
    public static async Task<KeeperState?> AskAsync(string request)
    {
        using var socket = await ConnectAsync();
        return socket is null ? null : await AskAsync(socket, request);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static async Task<Socket?> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(LabPaths.KeeperSocket));
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private static async Task<KeeperState> AskAsync(Socket socket, string request)
    {
        var stream = new NetworkStream(socket, ownsSocket: false);
        await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(request + "\n"));
        var line = await new StreamReader(stream).ReadLineAsync()
            ?? throw new LabException($"the lab ended while it was asked to {request}; see {LabPaths.ConsoleLog} and keeper.log beside it");
        return JsonSerializer.Deserialize<KeeperState>(line)!;
    }

    /// <summary>
    /// The keeper runs from a copy (a rebuild must not write over a running program), in a session of its own
    /// (Ctrl-C is not for it), and holds none of our files open (or `make test | less` would wait for it).
    /// </summary>
    private static async Task<Socket> StartKeeperAsync(Action<string> progress)
    {
        progress("lab: booting L1");
        var home = Path.Combine(LabPaths.Runtime, "keeper");
        Directory.CreateDirectory(home);
        var own = Path.GetDirectoryName(typeof(KeeperLease).Assembly.Location)!;
        foreach (var name in KeeperFiles.Where(name => File.Exists(Path.Combine(own, name))))
            File.Copy(Path.Combine(own, name), Path.Combine(home, name), overwrite: true);

        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";
        var log = Path.Combine(LabPaths.State, "keeper.log");
        const string detached = "exec 2>\"$1\" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; shift; exec setsid \"$@\"";
        var start = new ProcessStartInfo("/bin/sh", ["-c", detached, "sh", log, dotnet, Path.Combine(home, "Vmm.Lab.dll"), "keep"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        start.Environment["VMM_CHECKOUT"] = LabPaths.Checkout;
        start.Environment["VMM_CACHE"] = LabPaths.Cache;
        using var keeper = Process.Start(start)!;
        if (await keeper.StandardOutput.ReadLineAsync() != KeeperProcess.ListeningLine)
            throw new LabException($"the lab's keeper did not start:\n{await File.ReadAllTextAsync(log)}");
        return await ConnectAsync() ?? throw new LabException($"the lab's keeper ended at once; see {log}");
    }
}
