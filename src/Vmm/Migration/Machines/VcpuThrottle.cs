using Vmm.Host;
using Vmm.Machine;

namespace Vmm.Migration.Machines;

/// <summary>Holds a machine's vCPUs for a share of every tenth of a second, on a thread of its own.</summary>
/// <param name="machine">The machine.</param>
internal sealed class VcpuThrottle(VirtualMachine machine) : IDisposable
{
    private const int StackSize = 256 << 10;
    private const double PeriodMilliseconds = 100;

    private readonly object _lock = new();
    private Thread? _thread;
    private int _percent;

    /// <summary>Sets the share. With 0 the vCPUs are let go before it returns.</summary>
    public void Set(int percent)
    {
        Thread? ended = null;
        lock (_lock)
        {
            _percent = percent;
            Monitor.PulseAll(_lock);
            if (percent == 0)
                (ended, _thread) = (_thread, null);
            else if (_thread is null)
                Start();
        }
        ended?.Join();
    }

    /// <inheritdoc/>
    public void Dispose() => Set(0);

    private void Start()
    {
        _thread = new Thread(Main, StackSize) { Name = "throttle", IsBackground = true };
        if (!HostThread.TryStart(_thread))
            _thread = null;
    }

    private void Main()
    {
        while (Share() is int percent and > 0)
        {
            machine.HoldBriefly(() => Wait(PeriodMilliseconds * percent / 100));
            Wait(PeriodMilliseconds * (100 - percent) / 100);
        }
    }

    private int Share()
    {
        lock (_lock)
            return _percent;
    }

    private void Wait(double milliseconds)
    {
        long until = Environment.TickCount64 + (long)milliseconds;
        lock (_lock)
        {
            while (_percent > 0 && until - Environment.TickCount64 is long left and > 0)
                Monitor.Wait(_lock, (int)left);
        }
    }
}
