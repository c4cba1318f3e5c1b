using Vmm.Host;
using Vmm.Machine.Build;
using Vmm.Machine.Config;

namespace Vmm.Control;

/// <content>The description, which can change while the guest runs.</content>
internal sealed partial class VmControl
{
    /// <summary>The description with what can change while the guest runs as it is now; null when there is none.</summary>
    public MachineConfig? ConfigNow
    {
        get
        {
            if (Config is not { Net.Count: > 0 } config || !HasGuest)
                return Config;
            try
            {
                return Run!.With(ConfigOf);
            }
            catch (VmmException)
            {
                // It ended just now.
                return config;
            }
        }
    }

    /// <summary>Changes the description, for starts of the guest after resets and for later boots.</summary>
    private void Reconfigure(MachineConfig config)
    {
        Volatile.Write(ref _config, config);
        Run?.Reconfigure(config);
    }

    /// <summary>The description with what a running machine changed of it.</summary>
    private MachineConfig ConfigOf(MicroVm vm) =>
        _config! with { Net = [.. _config.Net.Select((net, i) => net with { Link = vm.Network(i).IsLinkUp ? NetLink.Up : NetLink.Down })] };
}
