using CsCheck;
using Vmm.Devices.Virtio.Queue;
using Vmm.Guest.Memory;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Fuzz.Virtio;

/// <summary>
/// A queue whose memory a guest fills with chains that are mostly right, and then spoils at chosen places. Whatever it
/// does: no exception, no segment outside RAM, no write outside RAM, and after a reset the queue works.
/// </summary>
public class QueueFuzz
{
    private const ushort Size = 8;
    private const ulong Ring = 0x1000;
    private const ulong Tables = 0x3000;
    private const ulong TableSize = 0x400;
    private const ulong Border = 0x1_0000;
    private const ulong SecondSize = 0x2000;
    private const ulong FarRegion = 0x10_0000;

    private enum Kind
    {
        Chain,
        IndirectChain,
        SpoilDescriptor,
        SpoilTable,
        SpoilRing,
        AvailIndex,
        Head,
        Pop,
        Complete,
        Publish,
        Notifications,
    }

    private readonly record struct Step(Kind Kind, int Where, ulong Value, GuestBuffer[] Buffers);

    private static readonly Gen<ulong> GenAddress = Gen.Frequency(
        (8, Gen.ULong[0x4000, Border - 1]),
        (3, Gen.ULong[Border - 64, Border + 64]),
        (2, Gen.ULong[FarRegion - 8, FarRegion + SecondSize + 8]),
        (1, Gen.OneOf<ulong>(0, ulong.MaxValue, ulong.MaxValue - 15, Border + SecondSize - 1, 1UL << 32)),
        (1, Gen.ULong));

    private static readonly Gen<uint> GenLength = Gen.Frequency(
        (8, Gen.UInt[0, 600]),
        (2, Gen.UInt[0, 0x1_0000]),
        (1, Gen.OneOf(0u, 1u, uint.MaxValue, uint.MaxValue - 1, 0x8000_0000u)));

    private static readonly Gen<ulong> GenValue = Gen.Frequency(
        (4, Gen.ULong[0, 20]),
        (2, Gen.OneOf<ulong>(Size, Size - 1, 0x7fff, 0x8000, 0xffff, uint.MaxValue, ulong.MaxValue)),
        (1, Gen.ULong));

    private static readonly Gen<GuestBuffer[]> GenBuffers = Gen.Select(
        Gen.Select(GenAddress, GenLength, (address, length) => new GuestBuffer(address, length)).Array[1, 6],
        Gen.Int[0, 6],
        Gen.Int[0, 12],
        (buffers, readable, flip) => buffers.Select((b, i) => b with { Writable = i >= readable ^ i == flip }).ToArray());

    private static readonly Gen<Step> GenStep = Gen.Frequency(
            (8, Kind.Chain), (5, Kind.IndirectChain),
            (3, Kind.SpoilDescriptor), (2, Kind.SpoilTable), (1, Kind.SpoilRing), (1, Kind.AvailIndex), (1, Kind.Head),
            (14, Kind.Pop), (6, Kind.Complete), (4, Kind.Publish), (3, Kind.Notifications))
        .SelectMany(kind => Gen.Select(Gen.Int[0, 1023], GenValue, GenBuffers, (where, value, buffers) => new Step(kind, where, value, buffers)));

    [Fact, Trait("Row", "14"), Trait("Row", "17"), Trait("Row", "21"), Trait("Row", "22")]
    public void No_queue_memory_leads_outside_RAM_or_wedges_the_queue()
    {
        Gen.Select(GenStep.Array[1, 80], Gen.Bool, Gen.Bool)
            .Sample((steps, eventIndex, indirect) =>
            {
                using var run = new Run(eventIndex, indirect);
                run.All(steps);
            }, time: FuzzBudget.Seconds);
    }

    private sealed class Run : IDisposable
    {
        private readonly TestRam _ram = new((0UL, Border), (Border, SecondSize), (FarRegion, SecondSize));
        private readonly Virtqueue _queue;
        private readonly bool _eventIndex;
        private readonly bool _indirect;
        private readonly Stack<DescriptorChain> _spare = new();
        private readonly List<DescriptorChain> _inFlight = [];
        private DriverQueue _driver;
        private int _tables;

        public Run(bool eventIndex, bool indirect)
        {
            (_eventIndex, _indirect) = (eventIndex, indirect);
            _queue = new Virtqueue(_ram.Memory, 0, Size);
            _driver = Activate();
        }

        public void All(Step[] steps)
        {
            foreach (Step step in steps)
                Do(step);
            Assert.True(_ram.GuardsAreIntact);
            CheckRecovery();
        }

        public void Dispose() => _ram.Dispose();

        private DriverQueue Activate()
        {
            _ram.Bytes(Ring, 0x2000).Clear();
            var driver = new DriverQueue(_ram, Ring, Size);
            _queue.Config = new VirtqueueConfig { Size = Size, Descriptors = driver.Descriptors, Avail = driver.Avail, Used = driver.Used };
            Assert.Equal(RingStatus.Ok, _queue.Activate(_eventIndex, _indirect));
            return driver;
        }

        private void Do(in Step step)
        {
            switch (step.Kind)
            {
                case Kind.Chain: _driver.Add(step.Buffers); break;
                case Kind.IndirectChain: _driver.AddIndirect(NextTable(), step.Buffers); break;
                case Kind.SpoilDescriptor: Spoil(_driver.Descriptors, Size * 16, step); break;
                case Kind.SpoilTable: Spoil(Tables, (int)TableSize, step); break;
                case Kind.SpoilRing: Spoil(_driver.Avail, (int)(_driver.End - _driver.Avail), step); break;
                case Kind.AvailIndex: _driver.AvailIndex += (ushort)step.Value; break;
                case Kind.Head: _driver.MakeAvailable((ushort)step.Value); break;
                case Kind.Pop: Pop(); break;
                case Kind.Complete: Complete(step); break;
                case Kind.Publish: _queue.Publish(); break;
                default: ToggleNotifications(step); break;
            }
        }

        private ulong NextTable() => Tables + (ulong)(_tables++ % 4) * (TableSize / 4);

        private void Spoil(ulong start, int length, in Step step)
        {
            int at = step.Where % length;
            switch (step.Where % 3)
            {
                case 0: _ram.Write(start + (ulong)(at & ~1), (ushort)step.Value); break;
                case 1: _ram.Write(start + (ulong)(at & ~3), (uint)step.Value); break;
                default: _ram.Write(start + (ulong)(at & ~7), step.Value); break;
            }
        }

        private void Pop()
        {
            DescriptorChain chain = _spare.TryPop(out DescriptorChain? old) ? old : new DescriptorChain(16);
            int before = _queue.InFlight;
            ChainStatus status = _queue.TryPop(chain);
            bool taken = status is ChainStatus.Ok or ChainStatus.OutOfRange;
            Assert.Equal(before + (taken ? 1 : 0), _queue.InFlight);
            Assert.InRange(_queue.InFlight, 0, Size);
            if (taken)
            {
                CheckSegments(chain);
                chain.Write(0, new byte[700]);
                chain.Read(0, new byte[700]);
                _inFlight.Add(chain);
                return;
            }
            _spare.Push(chain);
            if (status != ChainStatus.Empty)
                Reset();
        }

        private void CheckSegments(DescriptorChain chain)
        {
            Assert.True(chain.Head < Size);
            ulong readable = 0, writable = 0;
            foreach (ref readonly BufferSegment segment in chain.Readable)
                readable += Check(segment);
            foreach (ref readonly BufferSegment segment in chain.Writable)
                writable += Check(segment);
            Assert.Equal((chain.ReadableLength, chain.WritableLength), (readable, writable));
            Assert.True(readable + writable <= 1UL << 32);
        }

        private uint Check(in BufferSegment segment)
        {
            Assert.NotEqual(0u, segment.Length);
            foreach (MemoryRegion region in _ram.Memory.Regions)
            {
                ulong offset = (ulong)(segment.Host - region.HostBase);
                if (segment.Host >= region.HostBase && offset < region.Size && segment.Length <= region.Size - offset)
                    return segment.Length;
            }
            throw new InvalidOperationException("a segment is not RAM");
        }

        private void Complete(in Step step)
        {
            if (_inFlight.Count == 0)
                return;
            int which = step.Where % _inFlight.Count;
            DescriptorChain chain = _inFlight[which];
            _inFlight.RemoveAt(which);
            _spare.Push(chain);
            _queue.AddUsed(chain.Head, (uint)step.Value);
        }

        private void ToggleNotifications(in Step step)
        {
            if ((step.Where & 1) == 0)
                _queue.DisableNotifications();
            else
                _queue.EnableNotifications();
        }

        private void Reset()
        {
            _queue.Break();
            while (_inFlight.Count > 0)
                Complete(default);
            _queue.Deactivate();
            _driver = Activate();
        }

        private void CheckRecovery()
        {
            Reset();
            ushort head = _driver.Add(new(0x5000, 4), new(0x6000, 4, true));
            var chain = new DescriptorChain(16);
            Assert.Equal(ChainStatus.Ok, _queue.TryPop(chain));
            _queue.AddUsed(chain.Head, 4);
            Assert.True(_queue.Publish());
            Assert.Equal((head, 4u), _driver.UsedElement(0));
        }
    }
}
