using Vmm.Consoles;
using Vmm.GuestAgent;
using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Cli.Snapshots;

/// <summary>Does something while the guest's file systems are frozen, and has them thawed whatever comes of it: a signal that ends the command, too.</summary>
internal sealed class FrozenFileSystems : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>How long an agent that did not answer to the freeze has for the thaw.</summary>
    private static readonly TimeSpan s_partingPatience = TimeSpan.FromSeconds(5);

    private readonly AgentPort _agent;
    private readonly CancellationTokenSource _givenUp = new();
    private int _signal;

    private FrozenFileSystems(VmFolder folder) => _agent = new AgentPort(folder);

    /// <summary>Does it.</summary>
    /// <param name="folder">The VM.</param>
    /// <param name="act">What; it fails once it was given up.</param>
    /// <param name="giveUp">Gives it up, on another thread.</param>
    /// <exception cref="VmmException">There is no agent, or it refused; or what was to be done failed or was given up.</exception>
    public static T While<T>(VmFolder folder, Func<T> act, Action giveUp)
    {
        using FrozenFileSystems frozen = new(folder);
        using EndSignals signals = new((context, number) =>
        {
            context.Cancel = true;
            if (Interlocked.CompareExchange(ref frozen._signal, number, 0) != 0)
                return;
            frozen._givenUp.Cancel();
            giveUp();
        });
        frozen.Freeze();
        return frozen.Act(act);
    }

    /// <inheritdoc/>
    public void Dispose() => _givenUp.Dispose();

    private void Freeze()
    {
        bool asked = false;
        try
        {
            _agent.Talk(s_patience, client =>
            {
                asked = true;
                return client.Execute("guest-fsfreeze-freeze");
            }, _givenUp.Token);
        }
        catch (VmmException failed) when (Volatile.Read(ref _signal) != 0)
        {
            throw GivenUp($"{(asked ? Doubt() : "the guest's file systems were not frozen")}, and no snapshot was taken", failed);
        }
        catch (VmmException failed) when (asked && failed.InnerException is AgentSilentException)
        {
            throw new VmmException($"{failed.Message}; {Doubt()}", cause: failed);
        }
    }

    private T Act<T>(Func<T> act)
    {
        T result;
        try
        {
            result = act();
        }
        catch (Exception failed) when (failed is VmmException or HostException)
        {
            string? stillFrozen = Thaw(s_patience);
            if (Volatile.Read(ref _signal) != 0)
                throw GivenUp($"{stillFrozen ?? "the guest's file systems are thawed"}, and nothing is left of the snapshot ({failed.Message})", failed);
            if (stillFrozen is not null)
                throw new VmmException($"{failed.Message}; and {stillFrozen}", cause: failed);
            throw;
        }
        if (Thaw(s_patience) is { } frozen)
            StandardError.Write($"vmm: {frozen}\n");
        return result;
    }

    private VmmException GivenUp(string how, Exception cause) => new($"given up; {how}", ExitCodes.Signalled(_signal), cause);

    /// <summary>The agent was asked to freeze, and did not answer: it may have done so, or do so yet.</summary>
    private string Doubt() => Thaw(s_partingPatience) is null ? "the guest's file systems are thawed"
        : "the agent does not say whether the guest's file systems are frozen: see 'vmm agent VM thaw' once it answers";

    /// <returns>Why the file systems are still frozen, and what helps; null when they are not.</returns>
    private string? Thaw(TimeSpan patience)
    {
        try
        {
            _agent.Talk(patience, client => client.Execute("guest-fsfreeze-thaw"));
            return null;
        }
        catch (Exception refused) when (refused is VmmException or HostException)
        {
            return $"the guest's file systems are still frozen ({refused.Message}): try 'vmm agent VM thaw'";
        }
    }
}
