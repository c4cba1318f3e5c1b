using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

/// <summary>Random bytes for a guest.</summary>
public sealed class RandomSourceTests
{
    [Fact]
    public void Every_part_of_a_large_buffer_is_filled_and_differently_each_time()
    {
        const int part = 64;
        var first = new byte[1 << 20];
        var second = new byte[1 << 20];
        RandomSource source = new();
        source.Fill(first);
        source.Fill(second);
        for (int i = 0; i < first.Length; i += part)
        {
            Assert.True(first.AsSpan(i, part).ContainsAnyExcept((byte)0), $"nothing was written at {i}");
            Assert.False(first.AsSpan(i, part).SequenceEqual(second.AsSpan(i, part)));
        }
    }

    [Fact]
    public void Empty_buffer_is_filled_at_once() => new RandomSource().Fill([]);
}
