using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Devices.Virtio;
using Vmm.Guest.Memory;
using Vmm.Tests.Devices.Virtio.EveryDevice;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.State;

/// <summary>Takes a device out of one rig and puts it, with its memory, into a fresh one, as a restored machine does.</summary>
internal static class Transplant
{
    /// <summary>What is saved, in the order of restoring.</summary>
    public static IReadOnlyList<IStateful> Parts(GuestDriver driver, VirtioDeviceCore core) => driver is PciDriver pci ? [pci.Pci, core] : [core];

    /// <summary>Quiesces a device and saves it. It rests until its core is resumed.</summary>
    public static List<JsonElement> Save(GuestDriver driver, VirtioDeviceCore core)
    {
        core.Quiesce();
        return [.. Parts(driver, core).Select(part => Reread(part.SaveState()))];
    }

    /// <summary>Restores a fresh device; nothing has run yet.</summary>
    public static void Restore(GuestDriver driver, VirtioDeviceCore core, List<JsonElement> saved)
    {
        IReadOnlyList<IStateful> parts = Parts(driver, core);
        for (int i = 0; i < parts.Count; i++)
            parts[i].RestoreState(parts[i].StateVersion, saved[i]);
    }

    /// <summary>The state as another process would find it.</summary>
    public static JsonElement Reread(JsonElement state) => JsonElement.Parse(state.GetRawText());

    /// <summary>Copies guest memory, region by region.</summary>
    public static void Copy(TestRam from, TestRam to)
    {
        foreach (MemoryRegion region in from.Memory.Regions)
            from.Bytes(region.Start.Value, (int)region.Size).CopyTo(to.Bytes(region.Start.Value, (int)region.Size));
    }

    /// <summary>A fresh rig with the memory of another, and what was saved of it. Nothing has run yet.</summary>
    public static EvilRig Restore(EvilRig source, string device, TransportKind kind, List<JsonElement> saved)
    {
        var rig = new EvilRig(device, kind);
        Copy(source.Ram, rig.Ram);
        rig.TakeDriversPlace(source);
        Restore(rig.Driver, rig.Core, saved);
        Assert.Equal(0, rig.Doorbells.Posted);
        rig.Subject.Restored();
        return rig;
    }

    /// <summary>A saved device in a fresh rig, running.</summary>
    public static EvilRig Move(EvilRig source, string device, TransportKind kind)
    {
        EvilRig rig = Restore(source, device, kind, Save(source.Driver, source.Core));
        rig.Core.Resume();
        rig.Doorbells.Run();
        return rig;
    }

    /// <summary>Moves a device into a fresh rig that was not started, and lets it run there.</summary>
    public static void Move(Rig source, Rig fresh)
    {
        List<JsonElement> saved = Save(source.Driver, source.Core);
        Copy(source.Ram, fresh.Ram);
        for (int i = 0; i < fresh.Queues.Count; i++)
            fresh.Queues[i] = source.Queues[i].On(fresh.Ram);
        Restore(fresh.Driver, fresh.Core, saved);
        fresh.Core.Resume();
        fresh.Doorbells.Run();
    }

    /// <summary>What a part of the same kind holds, put into a fresh one.</summary>
    public static void Move(IStateful source, IStateful fresh)
    {
        Assert.Equal(source.StateName, fresh.StateName);
        fresh.RestoreState(source.StateVersion, Reread(source.SaveState()));
    }
}
