using Vmm.Background;
using Vmm.Consoles;
using Xunit;

namespace Vmm.Tests.Vmm.Background;

public sealed class ConsoleLogTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-log-").FullName;
    private readonly ConsoleHub _hub = new();

    private string Log => Path.Combine(_folder, "console.log");

    public void Dispose()
    {
        _hub.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static void WaitFor(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, s_patience));

    private static long Length(string path) => new FileInfo(path) is { Exists: true, Length: long length } ? length : -1;

    [Fact]
    public void What_the_guest_printed_is_in_the_file_when_the_log_ends()
    {
        File.WriteAllText(Log, "the run before\n");
        using (ConsoleLog log = new(_hub, () => Log))
        {
            _hub.Write("first\n"u8);
            log.Start();
            _hub.Write("last words\n"u8);
        }
        Assert.Equal("the run before\nfirst\nlast words\n", File.ReadAllText(Log));
    }

    [Fact]
    public void Full_file_makes_place_for_a_new_one_and_the_one_before_goes()
    {
        File.WriteAllText(Log + ".1", "long ago");
        using (FileStream almost = File.Create(Log))
            almost.SetLength(ConsoleLog.LargestFile - 1);
        using (ConsoleLog log = new(_hub, () => Log))
        {
            log.Start();
            _hub.Write("ab"u8);
            WaitFor(() => Length(Log) == ConsoleLog.LargestFile + 1);
            _hub.Write("new"u8);
        }
        Assert.Equal(ConsoleLog.LargestFile + 1, Length(Log + ".1"));
        Assert.Equal("new", File.ReadAllText(Log));
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void Log_of_a_VM_that_was_renamed_goes_on_in_its_new_folder()
    {
        string before = Directory.CreateDirectory(Path.Combine(_folder, "web")).FullName;
        string after = Path.Combine(_folder, "db");
        string path = Path.Combine(before, "console.log");
        using (FileStream full = File.Create(path))
            full.SetLength(ConsoleLog.LargestFile - 1);
        using (ConsoleLog log = new(_hub, () => path))
        {
            log.Start();
            _hub.Write("ab"u8);
            WaitFor(() => Length(path) == ConsoleLog.LargestFile + 1);
            Directory.Move(before, after);
            path = Path.Combine(after, "console.log");
            _hub.Write("new"u8);
        }
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal(ConsoleLog.LargestFile + 1, Length(path + ".1"));
    }

    [Fact]
    public void Folder_that_is_gone_or_a_full_disk_loses_the_log_and_nothing_else()
    {
        using CountdownEvent asked = new(2);
        string Missing()
        {
            if (!asked.IsSet)
                asked.Signal();
            return Path.Combine(_folder, "missing", "console.log");
        }
        using (ConsoleLog log = new(_hub, Missing))
        {
            log.Start();
            WaitFor(() =>
            {
                _hub.Write("lost"u8);
                return asked.IsSet;
            });
        }
        using ConsoleHub other = new();
        using ConsoleLog onAFullDisk = new(other, () => "/dev/full");
        onAFullDisk.Start();
        other.Write("lost"u8);
    }
}
