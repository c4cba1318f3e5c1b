using System.Globalization;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary>Shows how far a migration is: on a terminal one line that changes, elsewhere a line a second. On standard error; the result goes to standard output.</summary>
internal sealed class MigrationView : IDisposable
{
    private const int StackSize = 256 << 10;
    private static readonly TimeSpan s_onTerminal = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_elsewhere = TimeSpan.FromSeconds(1);

    private readonly VmFolder _folder;
    private readonly bool _onTerminal = !System.Console.IsErrorRedirected;
    private readonly ManualResetEventSlim _over = new(initialState: false, spinCount: 0);
    private readonly Thread _thread;
    private int _width;

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

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        _over.Set();
        _thread.Join();
        if (_onTerminal && _width > 0)
            StandardError.Write($"\r{new string(' ', _width)}\r");
        _over.Dispose();
    }

    /// <summary>One line.</summary>
    public static string Text(MigrationProgress progress) => progress.Phase is MigrationPhase.Pages or MigrationPhase.Recover ? string.Create(CultureInfo.InvariantCulture,
        $"{Word.Of(progress.Phase)}, it runs there: {progress.Remaining / PageMessage.PageSize} pages left, waited for {progress.Faults}, half {progress.FaultMedian:0} us, 99 of 100 {progress.Fault99:0} us")
        : string.Create(CultureInfo.InvariantCulture,
        $"{Word.Of(progress.Phase)}, round {progress.Round}: {progress.Remaining / 1e6:0.0} MB left, {progress.Bandwidth / 1e6:0} MB/s, "
        + $"guest writes {progress.DirtyRate / 1e6:0.0} MB/s, would be held {progress.ProjectedDowntime:0} ms")
        + (progress.Throttle > 0 ? $", slowed down by {progress.Throttle}%" : "");

    private void Main()
    {
        using ControlClient? client = ControlClient.TryConnect(_folder);
        while (client is not null && !_over.Wait(_onTerminal ? s_onTerminal : s_elsewhere))
        {
            try
            {
                if (client.Ask(ControlVerb.MigrationProgress).MigrationProgress is { } progress)
                    Show(Text(progress));
            }
            catch (VmmException)
            {
                // Its process has ended: the result tells the rest.
                return;
            }
        }
    }

    private void Show(string text)
    {
        StandardError.Write(_onTerminal ? $"\r{text.PadRight(_width)}" : text + "\n");
        _width = text.Length;
    }
}
