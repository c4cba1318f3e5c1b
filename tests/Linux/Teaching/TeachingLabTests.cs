using Vmm.Lab.Cache;
using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;
using Vmm.Tests.Linux.Guests;
using Xunit;

namespace Vmm.Tests.Linux.Teaching;

/// <summary>The labs of docs/labs, command by command, as a reader types them: each ends well and prints what the text says.</summary>
public class TeachingLabTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private static string Folder => Path.Combine(LabPaths.Checkout, "docs/labs");

    public static TheoryData<string> Labs => [.. Directory.GetFiles(Folder, "??-*.md").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    /// <summary>Those whose guests are all tiny.</summary>
    public static TheoryData<string> TinyLabs => [.. Labs.Select(row => row.Data).Where(lab => !File.ReadAllText(Path.Combine(Folder, lab)).Contains("$KERNEL", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Labs))]
    public async Task Every_command_of_a_lab_does_what_the_text_says(string lab)
    {
        ILabHost host = await LabHost.EnsureAsync();
        Kernel kernel = await KernelStore.GetAsync(KernelFlavour.Cloud);
        await FollowAsync(host, lab, $"KERNEL={kernel.BzImage} INITRD={await GuestInitramfs.ShellAsync(kernel)}");
    }

    [Theory]
    [MemberData(nameof(TinyLabs))]
    public async Task Every_command_of_a_lab_with_tiny_guests_does_so_on_this_machine_too(string lab)
    {
        ILabHost host = await LabHost.NativeAsync();
        var asked = await host.RunAsync($"{GuestSpec.Program} check");
        Assert.SkipUnless(asked.ExitCode == 0, $"this machine runs no guests ({GuestSpec.Program} check says why)");
        await FollowAsync(host, lab, "");
    }

    private static async Task FollowAsync(ILabHost host, string lab, string variables)
    {
        string work = $"/tmp/teaching-{Environment.ProcessId}-{lab}";
        string before = $"mkdir -p {work} && cd {work} && export VMM_HOME={work}/home PATH={Path.GetDirectoryName(GuestSpec.Program)}:$PATH {variables} &&";
        var steps = LabStep.Read(await File.ReadAllTextAsync(Path.Combine(Folder, lab), TestContext.Current.CancellationToken));
        Assert.NotEmpty(steps);
        try
        {
            foreach (LabStep step in steps)
            {
                var result = await host.RunAsync($"{before} {{ {step.Command}\n}} 2>&1", s_patience);
                Assert.True(result.ExitCode == 0 && step.FirstMissing(result.Output) is null,
                    $"{lab}:{step.Line}: $ {step.Command}\nexit code {result.ExitCode}; missing: {step.FirstMissing(result.Output)}\n{result.Output}");
            }
        }
        finally
        {
            await host.RunAsync($"export VMM_HOME={work}/home; [ ! -d $VMM_HOME ] || {GuestSpec.Program} list --quiet | while read -r name; do {GuestSpec.Program} kill $name; done; rm -rf {work}");
        }
    }

    [Fact]
    public void Each_lab_is_listed_in_order_and_asks_questions_with_answers()
    {
        string index = File.ReadAllText(Path.Combine(Folder, "README.md"));
        int last = -1;
        foreach (string name in Directory.GetFiles(Folder, "??-*.md").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal))
        {
            int at = index.IndexOf($"({name})", StringComparison.Ordinal);
            Assert.True(at > last, $"{name} is not in the list, or not in its place");
            last = at;
            string text = File.ReadAllText(Path.Combine(Folder, name));
            Assert.Contains("## Questions", text);
            Assert.Contains("<details>", text);
        }
    }
}
