using System.Globalization;
using Spectre.Console;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary>Shows how far a migration is: on a terminal a panel that changes and goes at the end, elsewhere a line a second. On standard error; the result goes to standard output.</summary>
internal sealed class MigrationView : IDisposable
{
    /// <summary>A panel is laid out on it, by code that is not ours.</summary>
    private const int StackSize = 1 << 20;
    private static readonly TimeSpan s_onTerminal = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_elsewhere = TimeSpan.FromSeconds(1);

    private readonly VmFolder _folder;
    private readonly ManualResetEventSlim _over = new(initialState: false, spinCount: 0);
    private readonly Thread _thread;

    private MigrationView(VmFolder folder)
    {
        _folder = folder;
        _thread = new Thread(Main, StackSize) { Name = "progress", IsBackground = true };
    }

    /// <summary>Begins to show.</summary>
    public static MigrationView? Begin(VmFolder folder)
    {
        MigrationView view = new(folder);
        if (HostThread.TryStart(view._thread))
            return view;
        view._over.Dispose();
        return null;
    }

    /// <summary>Takes the panel away.</summary>
    public void Dispose()
    {
        _over.Set();
        _thread.Join();
        _over.Dispose();
    }

    /// <summary>One line.</summary>
    public static string Line(MigrationProgress progress) => progress.Phase is MigrationPhase.Pages or MigrationPhase.Recover ? string.Create(CultureInfo.InvariantCulture,
        $"{Word.Of(progress.Phase)}, it runs there: {progress.Remaining / PageMessage.PageSize} pages left, waited for {progress.Faults}, half {progress.FaultMedian:0} us, 99 of 100 {progress.Fault99:0} us")
        : string.Create(CultureInfo.InvariantCulture,
        $"{Word.Of(progress.Phase)}, round {progress.Round}: {progress.Remaining / 1e6:0.0} MB left")
        + (progress.Bandwidth > 0 ? string.Create(CultureInfo.InvariantCulture,
        $", {progress.Bandwidth / 1e6:0.0} MB/s, guest writes {progress.DirtyRate / 1e6:0.0} MB/s, would be held {progress.ProjectedDowntime:0} ms") : "")
        + (progress.Throttle > 0 ? $", slowed down by {progress.Throttle}%" : "");

    private void Main()
    {
        using ControlClient? client = ControlClient.TryConnect(_folder);
        if (client is null)
            return;
        // Not before it is known that there is a terminal: others pay nothing for it.
        if (System.Console.IsErrorRedirected || TryOpenTerminal() is not { } terminal)
            Follow(client, s_elsewhere, progress => StandardError.Write(Line(progress) + "\n"));
        else
            terminal.Live(new Text("")).AutoClear(true).Start(panel => Show(client, panel));
    }

    /// <summary>The terminal; null for one on which nothing can be taken back.</summary>
    private static IAnsiConsole? TryOpenTerminal()
    {
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Error) });
        return terminal.Profile.Capabilities is { Ansi: true, Interactive: true } ? terminal : null;
    }

    private void Show(ControlClient client, LiveDisplayContext panel)
    {
        (int round, ulong whole) = (-1, 0);
        Follow(client, s_onTerminal, progress =>
        {
            whole = progress.Round == round ? Math.Max(whole, progress.Remaining) : progress.Remaining;
            round = progress.Round;
            panel.UpdateTarget(MigrationPanel.Of(progress, whole));
        });
    }

    private void Follow(ControlClient client, TimeSpan interval, Action<MigrationProgress> show)
    {
        while (!_over.Wait(interval))
        {
            try
            {
                if (client.Ask(ControlVerb.MigrationProgress).MigrationProgress is { } progress)
                    show(progress);
            }
            catch (VmmException)
            {
                // Its process has ended: the result tells the rest.
                return;
            }
        }
    }
}
