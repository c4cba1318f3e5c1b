using CsCheck;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>One thing that is done to a stream.</summary>
/// <param name="How">What.</param>
/// <param name="Which">To which of the messages that the player says, counted round and round.</param>
/// <param name="At">Where in it, or which other one.</param>
/// <param name="Value">With what.</param>
internal readonly record struct Mutation(Mutation.Kind How, int Which, int At, ulong Value)
{
    /// <summary>Numbers that are more often wrong than others.</summary>
    private static readonly ulong[] s_numbers = [0, 1, 2, 63, 64, 65, 127, 128, 129, 4095, 4096, 4097, 0xf000, 0x10000, 0x11000, 0x3000000, 0x4000000, 0x8000000, 0x7fffffff, 0x80000000, 0xffffffff, 1UL << 32, 1UL << 47, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 4095];

    public enum Kind
    {
        // Found by sequence and sum.
        FlipOnTheWay,
        CutWithin,
        Garbage,
        ClaimLength,

        // Well-formed messages, in an order or at a place that is not theirs.
        Drop,
        Repeat,
        Swap,
        OtherConnection,
        OtherType,
        Stranger,
        OtherRound,
        Close,

        // Well-formed messages that say something else.
        Byte,
        Number,
        Shorten,
        Lengthen,
        Json,
        Descriptor,
    }

    public static Gen<Mutation> Gen { get; } = CsCheck.Gen.Select(
        CsCheck.Gen.Int[0, Enum.GetValues<Kind>().Length - 1],
        CsCheck.Gen.Int[0, 63],
        CsCheck.Gen.Int[0, 1 << 20],
        CsCheck.Gen.OneOf(CsCheck.Gen.ULong[0, 300], CsCheck.Gen.Int[0, s_numbers.Length - 1].Select(i => s_numbers[i]), CsCheck.Gen.ULong),
        (how, which, at, value) => new Mutation((Kind)how, which, at, value));
}
