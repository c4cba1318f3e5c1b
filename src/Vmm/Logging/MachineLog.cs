using Microsoft.Extensions.Logging;
using Vmm.Control;
using Vmm.Machine;

namespace Vmm.Logging;

/// <summary>What happens in a machine's life, for its log.</summary>
/// <param name="logger">Of the category <see cref="Category"/>.</param>
internal sealed partial class MachineLog(ILogger logger)
{
    /// <summary>The category of its logger.</summary>
    public const string Category = "machine";

    /// <summary>The machine is described, and has not run.</summary>
    [LoggerMessage(1, LogLevel.Information, "created")]
    public partial void Created();

    /// <summary>The guest runs for the first time.</summary>
    /// <param name="cpus">Its virtual processors.</param>
    /// <param name="memory">Its RAM, as users write it.</param>
    /// <param name="elapsedMs">From the order to the guest's first instruction.</param>
    [LoggerMessage(2, LogLevel.Information, "started with {Cpus} vCPUs and {Memory} of RAM after {ElapsedMs:0.0} ms")]
    public partial void Started(int cpus, string memory, double elapsedMs);

    /// <summary>It could not be started.</summary>
    /// <param name="fault">Why.</param>
    [LoggerMessage(3, LogLevel.Error, "cannot be started")]
    public partial void StartFailed(Exception fault);

    /// <summary>Every vCPU is held.</summary>
    /// <param name="elapsedMs">From the order until the last one was.</param>
    [LoggerMessage(4, LogLevel.Information, "paused within {ElapsedMs:0.000} ms")]
    public partial void Paused(double elapsedMs);

    /// <summary>The vCPUs go on.</summary>
    [LoggerMessage(5, LogLevel.Information, "resumed")]
    public partial void Resumed();

    /// <summary>The guest, or somebody for it, asked for a new start.</summary>
    /// <param name="cause">What ended the run before.</param>
    [LoggerMessage(6, LogLevel.Information, "rebooting ({Cause})")]
    public partial void Rebooting(OutcomeKind cause);

    /// <summary>It runs again.</summary>
    /// <param name="resets">How often it was started again so far.</param>
    [LoggerMessage(7, LogLevel.Information, "rebooted, {Resets} times so far")]
    public partial void Rebooted(int resets);

    /// <summary>The guest crashed, and is started again.</summary>
    [LoggerMessage(8, LogLevel.Warning, "the guest crashed (triple fault) and starts again; --reboot exit shows where")]
    public partial void CrashedAndRestarts();

    /// <summary>The guest crashed, and is held.</summary>
    /// <param name="kind">How.</param>
    /// <param name="vcpu">Which of its vCPUs, from 0.</param>
    [LoggerMessage(22, LogLevel.Information, "the guest crashed ({Kind}, vCPU {Vcpu}) and is held")]
    public partial void CrashedAndHeld(OutcomeKind kind, int vcpu);

    /// <summary>The guest runs in another process.</summary>
    /// <param name="destination">Which.</param>
    /// <param name="downtimeMs">For how long nobody ran it.</param>
    /// <param name="elapsedMs">From the order on.</param>
    [LoggerMessage(61, LogLevel.Information, "migrated to {Destination}: held for {DowntimeMs:0.0} ms, {ElapsedMs:0} ms in all")]
    public partial void Migrated(string destination, double downtimeMs, double elapsedMs);

    /// <summary>A migration failed.</summary>
    /// <param name="fault">Why, and where the guest is.</param>
    [LoggerMessage(62, LogLevel.Error, "not migrated")]
    public partial void MigrationFailed(Exception fault);

    /// <summary>Somebody pressed the power button.</summary>
    [LoggerMessage(9, LogLevel.Information, "power button pressed")]
    public partial void PowerButton();

    /// <summary>Somebody sent a non-maskable interrupt.</summary>
    [LoggerMessage(10, LogLevel.Information, "non-maskable interrupt sent to every vCPU")]
    public partial void Nmi();

    /// <summary>Somebody gave it another name.</summary>
    /// <param name="from">Its name until now.</param>
    /// <param name="to">Its name from now on.</param>
    [LoggerMessage(11, LogLevel.Information, "renamed from {From} to {To}")]
    public partial void Renamed(string from, string to);

    /// <summary>Its run is over.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="uptimeMs">How long it ran.</param>
    [LoggerMessage(12, LogLevel.Information, "ended ({Outcome}) after {UptimeMs:0} ms")]
    public partial void Ended(OutcomeKind outcome, double uptimeMs);

    /// <summary>The host's side of it failed.</summary>
    /// <param name="fault">What.</param>
    [LoggerMessage(13, LogLevel.Error, "the machine's host side failed")]
    public partial void HostFault(Exception fault);

    /// <summary>The machine is gone.</summary>
    [LoggerMessage(14, LogLevel.Information, "deleted")]
    public partial void Deleted();

    /// <summary>A command that its state does not allow.</summary>
    /// <param name="command">Which.</param>
    /// <param name="state">Where it is in its life.</param>
    [LoggerMessage(15, LogLevel.Debug, "{Command} refused: it is {State}")]
    public partial void Refused(VmCommand command, VmState state);

    /// <summary>Somebody put a network device's cable in, or pulled it.</summary>
    /// <param name="device">Its id.</param>
    /// <param name="state">What it is now.</param>
    [LoggerMessage(16, LogLevel.Information, "{Device}: link {State}")]
    public partial void Link(string device, string state);

    /// <summary>What a network device had behind it is gone.</summary>
    /// <param name="device">Its id.</param>
    /// <param name="why">What happened.</param>
    [LoggerMessage(17, LogLevel.Warning, "{Device}: {Why}; its link is down")]
    public partial void LinkLost(string device, string why);

    /// <summary>Somebody wished another size of the balloon.</summary>
    /// <param name="size">What the guest shall give up.</param>
    [LoggerMessage(18, LogLevel.Information, "the guest shall give up {Size} of its memory")]
    public partial void Ballooned(string size);

    /// <summary>The guest was told that it is a copy.</summary>
    /// <param name="id">The new ID.</param>
    [LoggerMessage(19, LogLevel.Information, "generation ID renewed: {Id}")]
    public partial void GenerationRenewed(Guid id);

    /// <summary>A debugger can attach, and the guest waits for it.</summary>
    /// <param name="address">Where.</param>
    [LoggerMessage(21, LogLevel.Information, "waiting for a debugger at {Address}")]
    public partial void DebuggerAwaited(string address);

    /// <summary>A snapshot was taken.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="paused">How long the guest stood still.</param>
    /// <param name="took">How long it all took.</param>
    [LoggerMessage(20, LogLevel.Information, "snapshot taken: {Path}, guest held for {Paused:0.0} ms, {Took:0.0} ms in all")]
    public partial void Snapshotted(string path, double paused, double took);
}
