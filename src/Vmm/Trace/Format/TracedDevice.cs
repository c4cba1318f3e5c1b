namespace Vmm.Trace.Format;

/// <summary>A device that was accessed.</summary>
/// <param name="Name">Its name in this machine, such as <c>disk0</c>.</param>
/// <param name="Model">What it is, which says how its registers are read: see <see cref="Recording.DeviceModel"/>.</param>
internal sealed record TracedDevice(string Name, string Model);
