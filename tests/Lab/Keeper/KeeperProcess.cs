using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Vmm.Lab.Cache;

namespace Vmm.Lab.Keeper;

/// <summary>
/// The process that owns L1: boots it, tells clients how to reach it, and ends it when nobody needs it any more:
/// no lease is open and the owner (VMM_LAB_OWNER, a process id) has ended, or without an owner a while has passed
/// (VMM_LAB_LINGER, seconds; 30 when not given), so that the next test process finds it still up.
/// </summary>
internal sealed class KeeperProcess : IDisposable
{
    public const string ListeningLine = "listening";
    private const int DefaultLingerSeconds = 30, BootAttempts = 2;
    private static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<KeeperState> _booted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly TimeSpan _linger = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("VMM_LAB_LINGER"), out var seconds) ? seconds : DefaultLingerSeconds);
    private readonly Timer _lingerTimer;
    private readonly string _token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private bool _owned, _held;
    private int _leases;

    private KeeperProcess() => _lingerTimer = new Timer(_ => StopIfUnused());

    /// <summary>Runs to L1's end. Stays on the calling thread: QEMU dies with it.</summary>
    public static int Run()
    {
        LabPaths.Create();
        using var keeper = new KeeperProcess();
        File.Delete(LabPaths.KeeperSocket);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(LabPaths.KeeperSocket));
        listener.Listen();
        Console.WriteLine(ListeningLine);
        Console.Out.Close();
        keeper.WatchOwner();
        _ = keeper.AcceptAsync(listener);
        try
        {
            keeper.KeepMachine();
            return 0;
        }
        catch (Exception failure)
        {
            Console.Error.WriteLine(failure);
            keeper._booted.TrySetResult(new KeeperState($"L1 did not start: {failure.Message}", 0, "", Environment.ProcessId, 0, 0, 0));
            return 1;
        }
        finally
        {
            File.Delete(LabPaths.KeeperSocket);
            keeper.LetAnswersLeave();
        }
    }

    public void Dispose()
    {
        _lingerTimer.Dispose();
        _stop.Dispose();
    }

    private void KeepMachine()
    {
        var kernel = OuterMachine.PrepareAsync(_ => { }).GetAwaiter().GetResult();
        OuterMachine.WriteFilesAsync(kernel, _token).GetAwaiter().GetResult();
        for (var attempt = 1; ; attempt++)
        {
            var clock = Stopwatch.StartNew();
            using var monitor = new QemuMonitor(OuterMachine.MonitorSocket);
            using var qemu = OuterMachine.Start(kernel);
            using var console = new ConsoleLog(qemu, OuterMachine.ReadyLine);
            try
            {
                var port = monitor.ForwardedPort(_stop.Token);
                if (console.Ready.Wait((int)BootLimit.TotalMilliseconds, _stop.Token) && console.Ready.Result)
                {
                    _booted.SetResult(new KeeperState(null, port, _token, Environment.ProcessId, qemu.Id, clock.Elapsed.TotalSeconds, 0));
                    qemu.WaitForExitAsync(_stop.Token).Wait(_stop.Token);
                    return;
                }
                if (attempt == BootAttempts)
                    throw new LabException($"it was not up after {BootLimit.TotalSeconds} s or ended; its console is in {LabPaths.ConsoleLog}");
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (AggregateException stopped) when (stopped.InnerException is OperationCanceledException)
            {
                return;
            }
            finally
            {
                qemu.Kill();
                qemu.WaitForExit();
            }
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
            _ = ServeAsync(await listener.AcceptAsync());
    }

    private async Task ServeAsync(Socket client)
    {
        using var stream = new NetworkStream(client, ownsSocket: true);
        using var reader = new StreamReader(stream);
        var leased = false;
        try
        {
            var request = await reader.ReadLineAsync();
            leased = request == "lease";
            if (leased)
                Count(1);
            if (request == "hold")
                _held = true;
            if (request == "stop")
                _ = _booted.TrySetResult(new KeeperState("the lab was stopped", 0, "", Environment.ProcessId, 0, 0, 0));
            var state = await _booted.Task;
            var answer = JsonSerializer.Serialize(state with { Leases = Volatile.Read(ref _leases) });
            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer + "\n"));
            if (request == "stop")
                await _stop.CancelAsync();
            if (request is "lease" or "stop")
                await reader.ReadToEndAsync();           // its end is the lease's end; a stopper waits for ours
        }
        catch (IOException)
        {
            // The client is gone, which ends its lease.
        }
        finally
        {
            if (leased)
                Count(-1);
        }
    }

    private void Count(int change)
    {
        lock (_gate)
        {
            _leases += change;
            if (_leases == 0 && !_owned)
                _lingerTimer.Change(_linger, Timeout.InfiniteTimeSpan);
        }
    }

    private void StopIfUnused()
    {
        lock (_gate)
        {
            if (_leases == 0 && !_owned && !_held)
                _stop.Cancel();
        }
    }

    private void WatchOwner()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("VMM_LAB_OWNER"), CultureInfo.InvariantCulture, out var pid))
            return;
        Process owner;
        try
        {
            owner = Process.GetProcessById(pid);
        }
        catch (ArgumentException)
        {
            return;                                      // it has ended already: linger as without one
        }
        _owned = true;
        _ = owner.WaitForExitAsync().ContinueWith(_ =>
        {
            _owned = false;
            StopIfUnused();
            Count(0);
        }, TaskScheduler.Default);
    }

    /// <summary>A client that waits for the boot is still to be told that it failed.</summary>
    private void LetAnswersLeave()
    {
        _booted.TrySetResult(new KeeperState("the lab was stopped while it booted", 0, "", Environment.ProcessId, 0, 0, 0));
        var limit = Stopwatch.StartNew();
        while (Volatile.Read(ref _leases) > 0 && _booted.Task.Result.Error is not null && limit.Elapsed < TimeSpan.FromSeconds(1))
            Thread.Yield();
    }
}
