using Vmm.Host;
using Vmm.Trace.Format;
using Vmm.Trace.Recording;
using Xunit;

namespace Vmm.Tests.Vmm.Trace;

/// <summary>The file that a trace goes to: what it overwrites, and what is left of it.</summary>
public sealed class TraceFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-trace-").FullName;

    private string FilePath => Path.Combine(_folder, "trace");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void File_that_was_made_in_vain_is_gone_and_one_that_is_kept_stays()
    {
        TraceFile.Create(FilePath).Dispose();
        Assert.False(File.Exists(FilePath));
        using (TraceFile file = TraceFile.Create(FilePath))
            file.Keep();
        Assert.True(File.Exists(FilePath));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
    }

    [Fact]
    public void Earlier_trace_is_overwritten_and_its_name_stays()
    {
        File.WriteAllText(FilePath, TraceFormat.Magic + "\nmore");
        TraceFile.Create(FilePath).Dispose();
        Assert.True(File.Exists(FilePath));
        Assert.Equal(0, new FileInfo(FilePath).Length);
    }

    [Fact]
    public void Anything_else_is_left_as_it_is()
    {
        File.WriteAllText(FilePath, "the only copy of something");
        Assert.Contains("is not overwritten", Assert.Throws<VmmException>(() => TraceFile.Create(FilePath)).Message);
        Assert.Equal("the only copy of something", File.ReadAllText(FilePath));
    }

    [Fact]
    public void Start_that_fails_leaves_no_trace()
    {
        using (BootTrace trace = new(FilePath))
            trace.Begin(new TraceHeader(), _ => { });
        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void Boot_s_trace_is_whole_when_it_is_said_to_be()
    {
        using (BootTrace trace = new(FilePath))
        {
            trace.Begin(new TraceHeader(), _ => { });
            Assert.Contains("0 exits are in", trace.Finish());
        }
        using FileStream file = TraceFile.Open(FilePath);
        TraceReader reader = new(file);
        Assert.Empty(reader.Exits());
        Assert.NotNull(reader.End);
    }

    [Fact]
    public void Trace_whose_end_does_not_fit_is_not_whole()
    {
        TraceRecorder recorder = new(new ListSink(most: 60), new TraceHeader(), new());
        recorder.Finish();
        Assert.False(recorder.IsWhole);
    }
}
