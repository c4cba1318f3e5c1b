namespace Vmm.Devices.State;

/// <summary>A saved state cannot be that of this device: it was damaged, forged, or comes from another machine.</summary>
/// <param name="section">Whose state it is.</param>
/// <param name="what">What is wrong, with the field and its value.</param>
/// <param name="cause">What a reader said, if one did.</param>
public sealed class StateException(string section, string what, Exception? cause = null) : Exception($"state of {section}: {what}", cause)
{
    /// <summary>Whose state it is.</summary>
    public string Section { get; } = section;
}
