using Vmm.Devices.Virtio.Spec;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

/// <summary>Which feature bits the specification defines for a type of device, and which need others. Virtio 1.2 and 1.3.</summary>
internal static class FeatureRules
{
    private const int Net = 1, Block = 2, Console = 3, Entropy = 4, Balloon = 5, Socket = 19;

    /// <summary>Bits of rings and transports that a device here may offer. Chapter 6.</summary>
    private static readonly int[] s_common =
        [FeatureBits.VIRTIO_RING_F_INDIRECT_DESC, FeatureBits.VIRTIO_RING_F_EVENT_IDX, FeatureBits.VIRTIO_F_VERSION_1];

    private static readonly Dictionary<int, int[]> s_defined = new()
    {
        // 5.1.3; 50 to 52 came with 1.3.
        [Net] = [0, 1, 2, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 50, 51, 52, 53, 54, 55, 56, 57, 59, 60, 61, 62, 63],
        // 5.2.3; 17 came with 1.3.
        [Block] = [1, 2, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17],
        [Console] = [0, 1, 2],
        [Entropy] = [],
        [Balloon] = [0, 1, 2, 3, 4, 5],
        [Socket] = [0, 1, 2],
    };

    /// <summary>A bit, and those of which at least one has to be there too. 5.1.3.1, 5.1.4.1, 5.2.5.2.</summary>
    private static readonly (int Type, int Bit, int[] NeedsOneOf)[] s_needs =
    [
        (Net, 7, [1]), (Net, 8, [1]), (Net, 9, [7, 8]), (Net, 10, [1]), (Net, 54, [1]), (Net, 55, [1]),
        (Net, 11, [0]), (Net, 12, [0]), (Net, 13, [11, 12]), (Net, 14, [0]), (Net, 56, [0]),
        (Net, 18, [17]), (Net, 19, [17]), (Net, 20, [17]), (Net, 21, [17]), (Net, 22, [17]), (Net, 23, [17]), (Net, 2, [17]),
        (Net, 52, [17]), (Net, 53, [17]), (Net, 57, [17]), (Net, 60, [17]), (Net, 61, [11, 12]),
        (Block, 11, [9]),
    ];

    /// <summary>The bits that are set and mean nothing for that type.</summary>
    public static IEnumerable<int> Undefined(int type, ulong features) => Bits(features).Except(s_common).Except(s_defined[type]);

    /// <summary>The bits that are set though what they need is not.</summary>
    public static IEnumerable<int> Unsupported(int type, ulong features) =>
        s_needs.Where(n => n.Type == type && Has(features, n.Bit) && !Array.Exists(n.NeedsOneOf, bit => Has(features, bit))).Select(n => n.Bit);

    /// <summary>The largest valid set without a bit: what needed it goes too.</summary>
    public static ulong Without(int type, ulong features, int bit)
    {
        features &= ~(1UL << bit);
        while (Unsupported(type, features).Select(b => (int?)b).FirstOrDefault() is { } next)
            features &= ~(1UL << next);
        return features;
    }

    /// <summary>The numbers of the bits that are set.</summary>
    public static IEnumerable<int> Bits(ulong features) => Enumerable.Range(0, 64).Where(bit => Has(features, bit));

    private static bool Has(ulong features, int bit) => (features >> bit & 1) != 0;
}
