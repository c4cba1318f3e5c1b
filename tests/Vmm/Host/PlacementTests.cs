using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

/// <summary>What is made beside its place and put there, with the kernel's one step and with the steps of a file system that has nothing but a plain rename.</summary>
public sealed class PlacementTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("vmm-placement-");

    private string Made => Path.Combine(_root.FullName, ".made");

    private string Target => Path.Combine(_root.FullName, "target");

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void New_thing_comes_to_an_empty_place(bool folder, bool bySteps)
    {
        Make(Made, folder, "new");
        Place(Placement.Over.Nothing, bySteps);
        Assert.Equal("new", Content(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_root.FullName));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [Trait("Row", "74")]
    public void What_is_there_is_not_replaced_by_what_may_not(bool folder, bool bySteps)
    {
        Make(Made, folder, "new");
        Make(Target, folder, "old");
        HostException refused = Assert.Throws<HostException>(() => Place(Placement.Over.Nothing, bySteps));
        Assert.True(refused.Errno is Errno.EEXIST or Errno.ENOTEMPTY);
        Assert.Equal("old", Content(Target));
        Assert.Equal("new", Content(Made));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Folder_that_is_replaced_is_where_the_new_one_was(bool bySteps)
    {
        Make(Made, folder: true, "new");
        Make(Target, folder: true, "old");
        Place(Placement.Over.Exchange, bySteps);
        Assert.Equal("new", Content(Target));
        Assert.Equal("old", Content(Made));
        Assert.Equal(2, Directory.GetFileSystemEntries(_root.FullName).Length);
    }

    [Fact]
    [Trait("Row", "74")]
    public void Folder_stays_when_there_is_nothing_to_replace_it_with()
    {
        Make(Target, folder: true, "old");
        Assert.Throws<HostException>(() => Place(Placement.Over.Exchange, bySteps: true));
        Assert.Equal("old", Content(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_root.FullName));
    }

    private void Place(Placement.Over over, bool bySteps)
    {
        if (bySteps)
            Placement.PlaceBySteps(Made, Target, over);
        else
            Placement.Place(Made, Target, over);
    }

    private static void Make(string path, bool folder, string content)
    {
        if (folder)
            Directory.CreateDirectory(path);
        File.WriteAllText(folder ? Path.Combine(path, "file") : path, content);
    }

    private static string Content(string path) => File.ReadAllText(Directory.Exists(path) ? Path.Combine(path, "file") : path);
}
