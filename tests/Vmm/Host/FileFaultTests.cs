using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

public sealed class FileFaultTests
{
    [Theory]
    [InlineData("/", "it is a folder, not a file")]
    [InlineData("/nowhere/file", "there is no such folder for it to be in")]
    [InlineData("/nowhere", "there is no such file")]
    [InlineData("", "that is no path: it is empty, or holds a NUL character")]
    public void File_that_cannot_be_read_says_why_in_the_host_s_words(string path, string why) =>
        Assert.Equal(why, FileFault.Why(Record.Exception(() => File.OpenRead(path))!, path));
}
