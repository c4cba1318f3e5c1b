namespace Vmm.Firmware.Assembly;

/// <summary>A block of shared code. It is written once, behind the guest's own code, when a guest has asked for it.</summary>
internal interface IRoutine
{
    /// <summary>Writes the block's routines to the guest's 64-bit code.</summary>
    void Write();
}
