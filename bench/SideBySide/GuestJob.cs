using System.Globalization;
using Vmm.Lab.Hosts;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// A stock guest that does one job and ends, in the lab: what it printed, what the process that ran it spent, and how often
/// its vCPUs came out to that process, as the host's own tracepoint counts it.
/// </summary>
/// <param name="Output">The guest's console.</param>
/// <param name="Cpu">User and system time of the process, the guest's own included.</param>
/// <param name="Exits">Exits to user space, of all vCPUs.</param>
internal sealed record GuestJob(string Output, TimeSpan Cpu, long Exits)
{
    private const string Events = "/sys/kernel/tracing/events/kvm/kvm_userspace_exit";
    private const string Trigger = "hist:keys=reason";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>Where programs and images are copied to, off the 9p share: nothing is measured as its file is fetched.</summary>
    public const string Folder = "/tmp/bench";

    /// <summary>Puts files into <see cref="Folder"/>, with <c>measure</c> and the tracepoints.</summary>
    public static async Task PrepareAsync(ILabHost lab, string vmm, params string[] files) => (await lab.RunAsync(
        $"mkdir -p {Folder} && cp {vmm} {Path.GetDirectoryName(vmm)}/*.so {NativeTools.Build("measure")} {string.Join(' ', files)} {Folder}/ && (mount -t tracefs none /sys/kernel/tracing 2>/dev/null; true)",
        s_patience)).EnsureSuccess();

    /// <summary>Runs it.</summary>
    /// <param name="lab">Where.</param>
    /// <param name="command">The command line of the program that runs the guest.</param>
    /// <exception cref="InvalidOperationException">The guest's script failed, or did not come to its end.</exception>
    public static async Task<GuestJob> RunAsync(ILabHost lab, string command)
    {
        var result = await lab.RunAsync(
            $"echo '{Trigger}' > {Events}/trigger; {Folder}/measure {command} </dev/null; echo; echo EXITS $(sed -n 's/.*Hits: *//p' {Events}/hist); echo '!{Trigger}' > {Events}/trigger", s_patience);
        string output = result.Output;
        int exits = output.LastIndexOf("EXITS ", StringComparison.Ordinal);
        if (exits < 0 || !output.Contains("VMM-GUEST-EXIT=0", StringComparison.Ordinal))
            throw new InvalidOperationException($"the guest did not do its job: {command}\n{output}{result.Error}");
        Sample sample = Sample.Parse(result.Error, result.OutputBytes);
        return new GuestJob(output[..exits], sample.Cpu, long.Parse(output[(exits + 6)..], CultureInfo.InvariantCulture));
    }
}
