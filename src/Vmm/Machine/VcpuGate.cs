namespace Vmm.Machine;

/// <summary>
/// Where vCPU threads wait while the machine is paused, and learn that it is over. Whoever closes the gate kicks the
/// vCPUs afterwards; each comes here when its kick arrives. A debugger may keep single vCPUs here while the gate is open.
/// </summary>
internal sealed class VcpuGate(int vcpus)
{
    private enum Order
    {
        Run,
        Hold,
        End,
    }

    private readonly object _monitor = new();
    private volatile Order _order = Order.Run;
    private int _held;
    // A bit for each vCPU that does not pass an open gate.
    private ulong _kept;

    /// <summary>Asks all vCPUs to hold.</summary>
    public void Close() => Set(Order.Hold);

    /// <summary>Lets them go on, but for those that are kept.</summary>
    public void Open() => Set(Order.Run);

    /// <summary>Sends them home, for good.</summary>
    public void End() => Set(Order.End);

    /// <summary>Keeps one more vCPU, whatever the gate is: it is to be kicked afterwards.</summary>
    public void Keep(int vcpu)
    {
        lock (_monitor)
            Volatile.Write(ref _kept, _kept | 1UL << vcpu);
    }

    /// <summary>Keeps exactly these vCPUs from now on.</summary>
    /// <param name="vcpus">A bit for each.</param>
    public void KeepOnly(ulong vcpus)
    {
        lock (_monitor)
        {
            Volatile.Write(ref _kept, vcpus);
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>Waits until every vCPU is held (or gone home); false when that takes longer than <paramref name="timeout"/>.</summary>
    public bool WaitUntilHeld(TimeSpan timeout)
    {
        long deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        lock (_monitor)
        {
            while (_held < vcpus)
            {
                long left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_monitor, (int)left))
                    return _held >= vcpus;
            }
            return true;
        }
    }

    /// <summary>On a vCPU's thread: holds it while the gate is closed, or it is kept. False when it shall end.</summary>
    /// <param name="vcpu">Its number.</param>
    public bool Pass(int vcpu)
    {
        ulong mine = 1UL << vcpu;
        if (_order == Order.Run && (Volatile.Read(ref _kept) & mine) == 0)
            return true;
        lock (_monitor)
        {
            _held++;
            Monitor.PulseAll(_monitor);
            while (_order == Order.Hold || (_order == Order.Run && (_kept & mine) != 0))
                Monitor.Wait(_monitor);
            if (_order == Order.End)
                return false;
            _held--;
            return true;
        }
    }

    private void Set(Order order)
    {
        lock (_monitor)
        {
            if (_order == Order.End)
                return;
            _order = order;
            Monitor.PulseAll(_monitor);
        }
    }
}
