using Vmm.Control;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Cli;

/// <summary>
/// Lets a VM at a terminal be seen and steered like those in the background. One that has a name takes it before it
/// starts. One without appears as <c>vmm-PID</c> once it has run for a moment: a short run costs nothing. Where there is no place
/// for VMs it does without.
/// </summary>
internal sealed class ForegroundPresence : IDisposable
{
    private const int StackSize = 256 << 10;
    private static readonly TimeSpan s_shortRun = TimeSpan.FromMilliseconds(100);

    private readonly VmControl _control;
    private readonly VmHome? _home = VmHome.TryFind();
    private readonly ManualResetEventSlim _over = new(initialState: false, spinCount: 0);
    private LockedVm? _vm;
    private IDisposable? _events;
    private ControlServer? _server;
    private Thread? _thread;

    /// <summary>Takes the VM's name, if it has one.</summary>
    /// <param name="control">The VM.</param>
    /// <param name="config">Resolved.</param>
    /// <exception cref="VmmException">Its name is taken.</exception>
    public ForegroundPresence(VmControl control, MachineConfig config)
    {
        _control = control;
        if (config.IsNamed && _home is not null)
            Appear(_home, config);
    }

    /// <summary>The guest runs.</summary>
    public void OnStarted()
    {
        if (_home is null || _vm is not null)
            return;
        _thread = new Thread(AppearLater, StackSize) { Name = "presence", IsBackground = true };
        HostThread.TryStart(_thread);
    }

    /// <summary>Leaves nothing behind.</summary>
    public void Dispose()
    {
        _over.Set();
        if (_thread is { IsAlive: true })
            _thread.Join();
        _events?.Dispose();
        if (_vm is not null)
        {
            // Before the connections end: then it is gone for whoever waited for that.
            _vm.Remove();
            _server?.Dispose();
            _vm.Dispose();
        }
        _over.Dispose();
    }

    private void AppearLater()
    {
        if (_over.Wait(s_shortRun))
            return;
        try
        {
            Appear(_home!, _control.Config! with { Name = $"{MachineConfig.NoName}-{Environment.ProcessId}" });
        }
        catch (Exception refused) when (refused is VmmException or HostException)
        {
            // Nobody asked for it to be seen.
        }
    }

    private void Appear(VmHome home, MachineConfig config)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        _vm = home.Define(AbsolutePaths.Of(config), new VmRecord { Pid = Environment.ProcessId, Foreground = true, RemoveAtEnd = true, CreatedAt = now, StartedAt = now });
        try
        {
            _server = new ControlServer(_vm.Folder.ControlSocket, new ControlHandler(_control, _vm, hub: null));
        }
        catch
        {
            _vm.Remove();
            _vm.Dispose();
            _vm = null;
            throw;
        }
        _control.Folder = () => _vm.Folder.Path;
        _control.Events.Machine = config.Name;
        _events = _control.Events.Subscribe(new EventFile(home.EventsFile).Add);
    }
}
