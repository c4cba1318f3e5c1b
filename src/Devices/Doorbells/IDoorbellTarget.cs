namespace Vmm.Devices.Doorbells;

/// <summary>What a guest's doorbell write sets in motion.</summary>
public interface IDoorbellTarget
{
    /// <summary>The guest rang. Called on the device's own event thread; several writes may be one ring.</summary>
    void Ring();
}
