using Vmm.Devices.Bus;
using Xunit;

namespace Vmm.Tests.Kvm.Dirty;

/// <summary>Tells a guest that asks which page to write next, and lets it wait until there is one.</summary>
internal sealed class PageNumbers : IBusDevice, IDisposable
{
    private const byte Last = 250;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly Queue<byte> _next = new();
    private readonly object _lock = new();
    private readonly Random _random = new(5);
    private long _asked;
    private bool _isWaiting;
    private bool _isOver;

    public string Name => "page numbers";

    /// <summary>Whether it has pages to write without end, in any order.</summary>
    public bool IsStorm { get; init; }

    public void Read(ulong offset, Span<byte> data)
    {
        lock (_lock)
        {
            _asked++;
            _isWaiting = true;
            Monitor.PulseAll(_lock);
            while (_next.Count == 0 && !IsStorm && !_isOver)
                Monitor.Wait(_lock);
            _isWaiting = false;
            data.Fill(_next.Count > 0 ? _next.Dequeue() : (byte)_random.Next(1, Last + 1));
        }
    }

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
    }

    /// <summary>Has the guest write a byte in each page, and returns when it has.</summary>
    public void Write(params ReadOnlySpan<byte> pages)
    {
        lock (_lock)
        {
            foreach (byte page in pages)
                _next.Enqueue(page);
            Monitor.PulseAll(_lock);
            while (_next.Count > 0 || !_isWaiting)
                Assert.True(Monitor.Wait(_lock, s_patience), "the guest does not ask for pages");
        }
    }

    /// <summary>Returns when many more pages have been written.</summary>
    public void WaitForStorm()
    {
        lock (_lock)
        {
            long enough = _asked + 500;
            while (_asked < enough)
                Assert.True(Monitor.Wait(_lock, s_patience), "the guest does not ask for pages");
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            Monitor.PulseAll(_lock);
        }
    }
}
