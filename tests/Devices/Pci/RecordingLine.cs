using Vmm.Devices.Interrupts;

namespace Vmm.Tests.Devices.Pci;

/// <summary>A wire that counts its edges and notices when it is driven to the level it already has.</summary>
internal sealed class RecordingLine : IInterruptLine
{
    public bool Level { get; private set; }
    public int Edges { get; private set; }
    public int Redundant { get; private set; }

    public void Raise() => Drive(true);
    public void Lower() => Drive(false);

    private void Drive(bool level)
    {
        if (level == Level)
            Redundant++;
        else if (level)
            Edges++;
        Level = level;
    }
}
