using System.Security.Cryptography;
using Vmm.Lab;
using Vmm.Lab.Baseline;
using Vmm.Lab.Cache;
using Vmm.Lab.Channel;
using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>The lab keeps its promises, on this host and inside L1 (or wherever VMM_LAB puts it).</summary>
public class LabTests
{
    private static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(10);

    private static Task<ILabHost> HostAsync(bool native) => native ? LabHost.NativeAsync() : LabHost.EnsureAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exit_code_and_both_streams_arrive(bool native)
    {
        var host = await HostAsync(native);
        var result = await host.RunAsync("echo out; echo err >&2; exit 7");
        Assert.Equal((7, "out\n", "err\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Contains("exited with 7", Assert.Throws<LabException>(result.EnsureSuccess).Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Command_ended_by_a_signal_reports_128_and_its_number(bool native)
    {
        var host = await HostAsync(native);
        Assert.Equal(128 + 9, (await host.RunAsync("kill -9 $$")).ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Program_that_is_not_there_is_named(bool native)
    {
        var host = await HostAsync(native);
        var failure = await Assert.ThrowsAsync<LabException>(() => host.RunAsync(new LabCommand(["/no/such/program"])));
        Assert.Contains("/no/such/program", failure.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Eight_mebibytes_of_input_arrive_unchanged_and_come_back(bool native)
    {
        var host = await HostAsync(native);
        var data = RandomNumberGenerator.GetBytes(8 << 20);
        var result = await host.RunAsync(new LabCommand(["cat"]), data);
        Assert.Equal(0, result.ExitCode);
        Assert.True(data.AsSpan().SequenceEqual(result.OutputBytes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Input_nobody_reads_does_not_hold_up_the_end(bool native)
    {
        var host = await HostAsync(native);
        var result = await host.RunAsync(LabCommand.Shell("exit 3"), new byte[4 << 20]);
        Assert.Equal(3, result.ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_sessions_live_at_once_and_terminals_are_terminals(bool native)
    {
        var host = await HostAsync(native);
        await using var first = await host.StartAsync(new LabCommand(["/bin/sh"]) { Pty = true, Size = (33, 99) });
        await using var second = await host.StartAsync(new LabCommand(["cat"]));
        await first.WriteLineAsync("stty size; tty");
        await first.ExpectAsync("33 99");
        await first.ExpectAsync("/dev/pts/");
        await second.WriteLineAsync("hello");
        await second.ExpectAsync("hello");
        await first.ResizeAsync(40, 100);
        await first.WriteLineAsync("stty size");
        await first.ExpectAsync("40 100");
        await second.EndInputAsync();
        Assert.Equal(0, (await second.WaitAsync()).ExitCode);
        await first.WriteLineAsync("exit 5");
        Assert.Equal(5, (await first.WaitAsync()).ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Expecting_what_never_comes_shows_what_came(bool native)
    {
        var host = await HostAsync(native);
        await using var session = await host.StartAsync(LabCommand.Shell("echo this came; exec sleep 1000"));
        await session.ExpectAsync("this");
        var late = await Assert.ThrowsAsync<TimeoutException>(() => session.ExpectAsync("that", TimeSpan.FromMilliseconds(50)));
        Assert.Contains("this came", late.Message);
        await session.SignalAsync(15);
        Assert.Equal(128 + 15, (await session.WaitAsync()).ExitCode);
        await Assert.ThrowsAsync<LabException>(() => session.ExpectAsync("that"));
    }

    [Fact]
    public async Task Commands_see_kvm_and_the_checkout()
    {
        var host = await LabHost.EnsureAsync();
        var result = await host.RunAsync("test -w /dev/kvm && test -e Vmm.sln && pwd");
        Assert.Equal((0, LabPaths.Checkout + "\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task Emulated_cpu_of_the_lab_is_interrupted_without_asking_for_it()
    {
        var host = await LabHost.EnsureAsync();
        Assert.SkipWhen(host.Kind == "native", "this host is the lab; its processors need no heartbeat");
        (await host.RunAsync("test -n \"$(pidof heartbeat)\" && grep -q hpet2 /proc/interrupts")).EnsureSuccess();
    }

    [Fact]
    public async Task File_rebuilt_in_the_checkout_is_seen_at_once()
    {
        var host = await LabHost.EnsureAsync();
        var program = Path.Combine(LabPaths.State, $"rebuilt-{Environment.ProcessId}");
        try
        {
            for (var round = 0; round < 3; round++)
            {
                File.Copy(round % 2 == 0 ? "/bin/true" : "/bin/false", program, overwrite: true);
                Assert.Equal(round % 2, (await host.RunAsync(new LabCommand([program]))).ExitCode);
            }
        }
        finally
        {
            File.Delete(program);
        }
    }

    [Fact]
    public async Task Work_folder_is_one_folder_for_both_sides()
    {
        var host = await LabHost.EnsureAsync();
        var name = Path.Combine(host.WorkFolder, $"both-{Environment.ProcessId}");
        await File.WriteAllTextAsync(name, "from here", TestContext.Current.CancellationToken);
        (await host.RunAsync($"grep -q 'from here' {name} && echo 'from there' > {name}")).EnsureSuccess();
        Assert.Equal("from there\n", await File.ReadAllTextAsync(name, TestContext.Current.CancellationToken));
        File.Delete(name);
    }

    [Fact]
    public async Task Stock_kernel_reaches_init_under_qemu_in_the_lab()
    {
        var host = await LabHost.EnsureAsync();
        var kernel = await KernelStore.GetAsync(KernelFlavour.Cloud);
        var machine = new QemuMicrovm(kernel.BzImage, await GuestInitramfs.MarkerAsync());
        var (result, _) = await machine.BootAsync(host, BootLimit);
        Assert.True(result.ExitCode == QemuMicrovm.MarkerExit, result.Output + result.Error);
        Assert.Contains("Linux version " + kernel.Release, result.Output);
    }

    [Theory]
    [InlineData("""{"stock-kernel":true}""", true)]
    [InlineData("""{"stock-kernel":false}""", false)]
    [InlineData("""{"other":1}""", false)]
    [InlineData("vmm: no such command", false)]
    [InlineData("", false)]
    public void Only_a_clear_yes_makes_this_host_the_lab(string answer, bool native) => Assert.Equal(native, NativeProbe.IsYes(answer));
}
