using System.Text;
using Microsoft.Extensions.Logging;
using Vmm.Control;
using Vmm.Logging;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Logging;

public class MachineLifeTests
{
    [Fact]
    public void Commands_on_a_machine_are_logged_under_the_name_it_has_then()
    {
        ListSink sink = new(LogLevel.Debug);
        using VmmLog log = new("vmm", [sink], new ManualClock());
        using VmControl control = new(new EventHub(TimeProvider.System), log);
        control.Create(MachineConfigResolver.Resolve(new() { Name = "web" }));
        control.Rename("db");
        Assert.Throws<LifecycleConflictException>(() => control.Resume());
        control.Delete();
        log.Dispose();
        Assert.Equal(["created", "renamed from web to db", "Resume refused: it is Created", "deleted"], sink.Lines);
        Assert.Equal(["web", "web", "db", "db"], sink.Entries.Select(entry => entry.Machine));
    }

    [Fact]
    public void What_the_command_itself_tells_at_its_end_is_not_told_twice_on_a_terminal()
    {
        ListSink sink = new();
        using VmmLog log = new("web", [sink], new ManualClock());
        MachineLog machine = new(log.CreateLogger(MachineLog.Category));
        machine.StartFailed(new IOException("disk is gone"));
        machine.CrashedAndRestarts();
        log.Dispose();
        Assert.Equal("cannot be started (IOException: disk is gone)", sink.Lines.First());
        Assert.Equal(["", "vmm: web: the guest crashed (triple fault) and starts again; --reboot exit shows where\n"], sink.Entries.Select(entry => Encoding.UTF8.GetString(LogLine.Terminal(entry))));
    }
}
