using Vmm.Background;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Registry;
using Vmm.Tests.Vmm.Storage;
using Xunit;

namespace Vmm.Tests.Vmm.Registry;

public sealed class VmHomeTests : IDisposable
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    private readonly TemporaryHome _there = new();

    public void Dispose() => _there.Dispose();

    [Fact]
    public void Home_that_is_not_there_yet_has_no_VMs()
    {
        Assert.Empty(new VmHome(_there.PathOf("later")).All());
        Assert.False(Directory.Exists(_there.PathOf("later")));
    }

    [Fact]
    public void Defined_VM_comes_at_once_with_everything_in_it()
    {
        using LockedVm vm = _there.Define("web", new VmRecord { Pid = 7 });
        Assert.Equal(["web"], _there.Content);
        Assert.Equal(["web"], _there.Names);
        Assert.Equal("web", vm.Folder.ReadConfig().Name);
        Assert.Equal(7, vm.Folder.ReadRecord().Pid);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(vm.Folder.Path));
    }

    [Fact]
    public void Taken_name_is_refused_and_the_VM_that_has_it_stays_as_it_is()
    {
        _there.Resting("web", new VmRecord { Pid = 7 });
        VmmException refused = Assert.Throws<VmmException>(() => _there.Define("web", new VmRecord { Pid = 8 }));
        Assert.Contains("'web'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(7, _there.Home.Existing("web").ReadRecord().Pid);
        Assert.Equal(["web"], _there.Content);
    }

    [Theory]
    [InlineData("events.jsonl")]
    [InlineData("events.jsonl.1")]
    public void Name_of_a_file_of_the_home_s_own_is_no_VM_s(string name)
    {
        VmmException refused = Assert.Throws<VmmException>(() => _there.Define(name));
        Assert.Equal($"name: '{name}' is what VMM_HOME keeps its events in; choose another name", refused.Message);
        Assert.Equal(ExitCodes.Usage, refused.ExitCode);
        _there.Resting("web");
        using LockedVm vm = _there.Home.Existing("web").Take("rename");
        Assert.Throws<VmmException>(() => vm.Rename(name));
        Assert.Equal(["web"], _there.Names);
    }

    [Fact]
    public void Home_that_cannot_be_made_is_told_in_plain_words()
    {
        VmmException refused = Assert.Throws<VmmException>(() => new VmHome("/proc/vmm").Define(TemporaryHome.Machine("web"), new VmRecord()));
        Assert.Equal("cannot make a folder for the VM in '/proc/vmm': no folder can be made there; VMM_HOME names another place", refused.Message);
    }

    [Fact]
    public void Full_disk_is_told_by_a_rename_and_the_VM_keeps_its_name()
    {
        using TinyMount full = TinyMount.CreateOrSkip(64);
        VmHome home = new(full.Root);
        using LockedVm vm = home.Define(TemporaryHome.Machine("web"), new VmRecord());
        Assert.ThrowsAny<IOException>(() => File.WriteAllBytes(Path.Combine(full.Root, "filler"), new byte[1 << 20]));
        VmmException refused = Assert.Throws<VmmException>(() => vm.Rename("db"));
        Assert.Equal($"cannot rename 'web': '{home.Folder("db").ConfigFile}.new' cannot be written: the disk is full (ENOSPC)", refused.Message);
        Assert.Equal("web", Assert.Single(home.All()).Name);
    }

    [Fact]
    public void VM_that_was_to_leave_nothing_goes_when_its_process_was_killed()
    {
        _there.Resting("gone", new VmRecord { RemoveAtEnd = true });
        _there.Resting("kept");
        using LockedVm alive = _there.Define("alive", new VmRecord { RemoveAtEnd = true });
        Assert.Equal(["alive", "kept"], _there.Names);
        Assert.Equal(["alive", "kept"], _there.Content);
    }

    [Fact]
    public void Guest_that_never_arrived_is_its_sources_and_leaves_nothing_here_to_start()
    {
        _there.Resting("lost", new VmRecord { Arriving = true, Pid = 7 });
        Assert.StartsWith("there is no VM 'lost'", Assert.Throws<VmmException>(() => _there.Home.Existing("lost")).Message, StringComparison.Ordinal);
        _there.Resting("other", new VmRecord { Arriving = true });
        using LockedVm alive = _there.Define("coming", new VmRecord { Arriving = true });
        Assert.Equal(["coming"], _there.Names);
        Assert.Equal(["coming"], _there.Content);
    }

    [Fact]
    public void Name_of_a_VM_that_was_to_leave_nothing_is_free_at_once()
    {
        _there.Resting("web", new VmRecord { RemoveAtEnd = true, Pid = 7 });
        using LockedVm vm = _there.Define("web", new VmRecord { Pid = 8 });
        Assert.Equal(8, vm.Folder.ReadRecord().Pid);
    }

    [Fact]
    public void What_is_not_ours_is_neither_listed_nor_touched()
    {
        string[] theirs = [".ssh/id", "Documents/a.txt", ".vmm-old/notes.txt", ".vmm-web-3/a", "half/machine.json", "other/lock"];
        foreach (string file in theirs)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_there.PathOf(file))!);
            File.WriteAllText(_there.PathOf(file), "mine");
        }
        Directory.CreateDirectory(_there.PathOf("empty"));
        File.WriteAllText(_there.PathOf("file"), "mine");
        foreach (string folder in Directory.GetDirectories(_there.Home.Path))
            Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow - s_day);

        Assert.Empty(_there.Names);
        Assert.Throws<VmmException>(() => _there.Home.Existing("half"));
        Assert.Throws<VmmException>(() => _there.Define("Documents"));
        Assert.Empty(_there.Names);
        Assert.All(theirs, file => Assert.Equal("mine", File.ReadAllText(_there.PathOf(file))));
        Assert.True(Directory.Exists(_there.PathOf("empty")));
        Assert.True(File.Exists(_there.PathOf("file")));
    }

    [Fact]
    public void Unfinished_folder_is_swept_when_it_is_older_than_a_minute()
    {
        string left = Directory.CreateDirectory(_there.Home.HiddenPath("web-2")).FullName;
        File.WriteAllText(Path.Combine(left, "lock"), "");
        string making = Directory.CreateDirectory(_there.Home.HiddenPath("web-2")).FullName;
        Directory.SetLastWriteTimeUtc(left, DateTime.UtcNow - TimeSpan.FromMinutes(2));
        Assert.Empty(_there.Names);
        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(making));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("../web")]
    [InlineData("a/b")]
    [InlineData("/etc")]
    [InlineData("web\0")]
    [InlineData(".hidden")]
    [InlineData("-f")]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("\u001b[31m")]
    [Trait("Row", "86")]
    public void Name_that_could_leave_the_folder_is_refused(string name)
    {
        Assert.Equal(ExitCodes.Usage, Assert.Throws<VmmException>(() => _there.Home.Folder(name)).ExitCode);
        Assert.Equal(ExitCodes.Usage, Assert.Throws<VmmException>(() => _there.Home.Existing(name)).ExitCode);
        Assert.Throws<VmmException>(() => _there.Home.Define(new MachineConfig { Name = name }, new VmRecord()));
        using LockedVm vm = _there.Define("web");
        Assert.Throws<VmmException>(() => vm.Rename(name));
        Assert.Equal(["web"], _there.Content);
    }

    [Fact]
    [Trait("Row", "86")]
    public void Name_has_an_end() => Assert.Throws<VmmException>(() => _there.Home.Folder(new string('a', NameRules.LongestMachineName + 1)));

    [Fact]
    public void Unknown_name_is_refused_with_the_one_that_was_meant()
    {
        _there.Resting("webserver");
        Assert.Contains("'webserver'", Assert.Throws<VmmException>(() => _there.Home.Existing("websever")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void VM_without_a_name_is_named_after_what_it_runs()
    {
        using LockedVm first = VmNames.Define(_there.Home, TemporaryHome.Machine(MachineConfig.NoName), new VmRecord());
        File.WriteAllText(_there.PathOf("monitor-2"), "a file of the user's");
        using LockedVm second = VmNames.Define(_there.Home, TemporaryHome.Machine(MachineConfig.NoName), new VmRecord());
        MachineConfig odd = MachineConfigResolver.Resolve(new MachineConfig { Kernel = "/boot/.a b/-vmlinuz 6.1~é" });
        using LockedVm third = VmNames.Define(_there.Home, odd, new VmRecord());
        Assert.Equal(["monitor", "monitor-3", "vmlinuz6.1"], _there.Names);
        Assert.Equal("monitor-3", second.Folder.ReadConfig().Name);
    }
}
