using Vmm.Snapshot;
using Xunit;

namespace Vmm.Tests.Snapshot;

/// <summary>Which names of JSON objects came before, few or many, within one another and one after the other.</summary>
public sealed class NameSumsTests
{
    private readonly NameSums _names = new();

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(5000)]
    public void Each_of_an_objects_names_is_found_again(int count)
    {
        _names.Open();
        for (int i = 0; i < count; i++)
            Assert.True(_names.Add((ulong)i));
        for (int i = 0; i < count; i++)
            Assert.False(_names.Add((ulong)i));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(100)]
    public void Object_within_another_has_its_own(int outside)
    {
        _names.Open();
        for (int i = 0; i < outside; i++)
            Assert.True(_names.Add((ulong)i));
        _names.Open();
        Assert.True(_names.Add(0));
        Assert.False(_names.Add(0));
        _names.Close();
        Assert.False(_names.Add(0));
        Assert.True(_names.Add((ulong)outside));
    }

    [Fact]
    public void Objects_beside_each_other_may_have_the_same()
    {
        _names.Open();
        for (int i = 0; i < 1000; i++)
        {
            _names.Open();
            Assert.True(_names.Add(1));
            Assert.True(_names.Add(2));
            _names.Close();
        }
        Assert.True(_names.Add(1));
    }

    [Fact]
    public void Nesting_may_be_deep_and_wide()
    {
        const int depth = 64;
        for (int i = 0; i < depth; i++)
        {
            _names.Open();
            for (int name = 0; name < 30; name++)
                Assert.True(_names.Add((ulong)name));
        }
        for (int i = 0; i < depth; i++)
        {
            Assert.False(_names.Add(29));
            _names.Close();
        }
    }
}
