using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Queue;

namespace Vmm.Tests.Devices.Virtio.Harness;

/// <summary>A device that takes chains and completes them at once, or when the test says so.</summary>
public sealed class TestDevice : IVirtioDevice
{
    private static readonly ushort[] Sizes = [16, 8];
    private readonly byte[] _config = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

    public VirtioDeviceCore Core { get; private set; } = null!;

    /// <summary>Keep chains in flight until <see cref="CompleteOne"/>.</summary>
    public bool Holds { get; set; }

    public List<(int Queue, DescriptorChain Chain)> InFlight { get; } = [];
    public int Activations { get; private set; }
    public int Resets { get; private set; }
    public int Processed { get; private set; }
    public ulong RefusedFeatures { get; set; }
    public ulong Features { get; private set; }

    public string Name => "test0";
    public ushort DeviceType => 42;
    public ulong DeviceFeatures => 0b101;
    public ReadOnlySpan<ushort> QueueSizes => Sizes;
    public ReadOnlySpan<byte> Config => _config;

    public void WriteConfig(int offset, ReadOnlySpan<byte> data) => data.CopyTo(_config.AsSpan(offset));

    public void ChangeConfig(byte value)
    {
        using VirtioDeviceCore.Scope scope = Core.Enter();
        _config[0] = value;
        Core.ConfigChanged();
    }

    public void Attach(VirtioDeviceCore core) => Core = core;

    public bool AcceptsFeatures(ulong features) => (features & RefusedFeatures) == 0;

    public void Activate(ulong features)
    {
        Activations++;
        Features = features;
    }

    public bool ProcessQueue(int queue)
    {
        Processed++;
        Virtqueue it = Core.Queue(queue);
        for (uint budget = it.Size; budget > 0; budget--)
        {
            var chain = new DescriptorChain(32);
            ChainStatus status = it.TryPop(chain);
            if (status == ChainStatus.Empty)
            {
                if (!it.EnableNotifications())
                    return false;
                continue;
            }
            if (status == ChainStatus.OutOfRange)
                it.AddUsed(chain.Head, 0);
            if (status != ChainStatus.Ok)
            {
                Core.Fail(queue, status);
                return false;
            }
            if (Holds)
                InFlight.Add((queue, chain));
            else
                it.AddUsed(chain.Head, (uint)chain.Write(0, "done"u8));
        }
        return true;
    }

    /// <summary>As a worker thread would, with a late write into the guest's buffer.</summary>
    public void CompleteOne(int which = 0)
    {
        using VirtioDeviceCore.Scope scope = Core.Enter();
        (int queue, DescriptorChain chain) = InFlight[which];
        InFlight.RemoveAt(which);
        Core.Queue(queue).AddUsed(chain.Head, (uint)chain.Write(0, "late"u8));
    }

    public void Quiesce()
    {
    }

    public void Reset() => Resets++;
}
