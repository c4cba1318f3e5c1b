using Vmm.Control;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Host.Cgroups;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary>What is to be said of a VM in a list: its folder's record, and its process's answer where it runs.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Record">What is known of its life.</param>
/// <param name="State">In a word: see <see cref="Look"/>.</param>
/// <param name="Status">The running process's answer; null where none runs.</param>
internal sealed record VmView(VmFolder Folder, VmRecord Record, string State, VmStatus? Status)
{
    private const string Stuck = "stuck";
    private const string Killed = "killed";

    /// <summary>A process that has not said how it is by then is stuck: a list is not to wait for it longer.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>Whether its process lives and does not answer.</summary>
    public bool IsStuck => State == Stuck;

    /// <summary>How its last run ended, in a word or two; null while it runs, and where nobody knows.</summary>
    public string? Outcome => Status is not null ? null : Record.Outcome ?? (State == Killed && WentBeyondMemoryMax() ? "out of memory" : null);

    /// <summary>
    /// Looks at a VM. Its state is <c>running</c>, <c>paused</c>, <c>crashed</c> (and held), <c>starting</c>, <c>arriving</c> (by migration), <c>created</c> (never started),
    /// <c>stopped</c> (its last run ended in good order), <c>failed</c> (it did not), <c>killed</c> (its process was ended
    /// from outside, or the host went down) or <c>stuck</c> (its process lives and does not answer).
    /// </summary>
    public static VmView Look(VmFolder folder)
    {
        VmRecord record = folder.ReadRecord();
        if (!folder.IsAlive)
            return new(folder, record, AtRest(record), null);
        using ControlClient? client = ControlClient.TryConnect(folder, s_patience);
        if (client is null)
            return new(folder, record, folder.IsAlive ? "starting" : AtRest(folder.ReadRecord()), null);
        try
        {
            VmStatus status = client.Ask(ControlVerb.Status).Status ?? throw new VmmException("an answer without a status");
            return new(folder, record, status.IsArriving ? "arriving" : Word(status.State), status);
        }
        catch (VmmException)
        {
            return new(folder, record, folder.IsAlive ? Stuck : AtRest(folder.ReadRecord()), null);
        }
    }

    private bool WentBeyondMemoryMax()
    {
        try
        {
            return Record.Pid is int process && Folder.ReadConfig().MemoryMax is not null
                && CgroupMount.Find() is { } mount && CgroupRemains.TellOfNoMemory(Folder.Name, process, mount.Root);
        }
        catch (VmmException)
        {
            // Its description cannot be read, which is told elsewhere.
            return false;
        }
    }

    private static string Word(VmState state) => state switch
    {
        VmState.Running => "running",
        VmState.Paused => "paused",
        VmState.Crashed => "crashed",
        _ => "starting",
    };

    private static string AtRest(VmRecord record) =>
        record.StartedAt is null ? "created" :
        record.EndedAt is null ? Killed :
        record.ExitCode is 0 || record.ExitCode % 2 == 1 || record.ExitCode > ExitCodes.LargestOwn ? "stopped" : "failed";
}
