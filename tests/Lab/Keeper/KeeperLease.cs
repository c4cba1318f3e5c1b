using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
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
    /// <summary>One may meet a keeper that is just leaving.</summary>
    private const int Attempts = 3;
    private readonly Socket _socket;

    private KeeperLease(Socket socket, KeeperState state) => (_socket, State) = (socket, state);

    /// <summary>How to reach L1.</summary>
    public KeeperState State { get; }

    /// <summary>Joins the L1 that is up, or starts one. Of several callers one starts it.</summary>
    public static async Task<KeeperLease> TakeAsync(Action<string> progress)
    {
        for (var attempt = 1; ; attempt++)
        {
            var socket = await ConnectAsync() ?? await StartOrJoinAsync(progress);
            var state = await AskAsync(socket, "lease");
            if (state is { Error: null })
                return new KeeperLease(socket, state);
            socket.Dispose();
            if (state is not null || attempt == Attempts)
                throw new LabException(state?.Error ?? $"the lab ended again and again while it was joined; see {LabPaths.ConsoleLog} and keeper.log beside it");
        }
    }

    private static async Task<Socket> StartOrJoinAsync(Action<string> progress)
    {
        await OuterMachine.PrepareAsync(progress);
        using var held = await FileLock.TakeAsync(Path.Combine(LabPaths.Runtime, "lock"));
        return await ConnectAsync() ?? await StartKeeperAsync(progress);
    }

    /// <summary>Asks a running keeper ("status", "hold", "stop"); null when there is none.</summary>
    public static async Task<KeeperState?> AskAsync(string request)
    {
        using var socket = await ConnectAsync();
        if (socket is null)
            return null;
        var state = await AskAsync(socket, request);
        if (request == "stop")
            await WaitForEndAsync(socket);
        return state;
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

    /// <summary>Null when the keeper left instead of answering.</summary>
    private static async Task<KeeperState?> AskAsync(Socket socket, string request)
    {
        try
        {
            var stream = new NetworkStream(socket, ownsSocket: false);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request + "\n"));
            return await new StreamReader(stream).ReadLineAsync() is { } line ? JsonSerializer.Deserialize<KeeperState>(line) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The kernel closes the keeper's end when its process is gone, and QEMU is gone before.</summary>
    private static async Task WaitForEndAsync(Socket socket)
    {
        try
        {
            while (await socket.ReceiveAsync(new byte[64]) > 0)
                continue;
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }
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
        const string detached = "exec </dev/null 2>\"$1\" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; shift; exec setsid \"$@\"";
        var start = new ProcessStartInfo("/bin/sh", ["-c", detached, "sh", log, dotnet, Path.Combine(home, "Vmm.Lab.dll"), "keep"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
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
