using Microsoft.Extensions.Logging;

namespace Vmm.Logging;

/// <summary>What devices have to say. <see cref="VmmLog"/> limits it for each device, for guests can cause it at will.</summary>
/// <param name="logger">Where to; never blocks.</param>
internal sealed partial class DeviceLog(ILogger logger)
{
    /// <summary>The category of its logger.</summary>
    public const string Category = "device";

    /// <summary>A device stopped and waits for a reset.</summary>
    /// <param name="device">Its name.</param>
    /// <param name="what">What the driver did.</param>
    [LoggerMessage(1, LogLevel.Warning, "{Device}: its driver broke the rules ({What}); the device waits for a reset")]
    public partial void DriverFault(string device, string what);

    /// <summary>A driver brought a device up.</summary>
    /// <param name="device">Its name.</param>
    /// <param name="features">What they agreed on.</param>
    [LoggerMessage(2, LogLevel.Information, "{Device}: activated, features 0x{Features:x}")]
    public partial void Activated(string device, ulong features);

    /// <summary>A driver put a device back to its beginning.</summary>
    /// <param name="device">Its name.</param>
    [LoggerMessage(3, LogLevel.Debug, "{Device}: reset by its driver")]
    public partial void Reset(string device);

    /// <summary>The host could not do what a guest asked of a disk.</summary>
    /// <param name="device">Its name.</param>
    /// <param name="doing">What it was to do, such as <c>writing</c>.</param>
    /// <param name="path">The image.</param>
    /// <param name="why">What the host said.</param>
    [LoggerMessage(4, LogLevel.Warning, "{Device}: {Doing} '{Path}' failed: {Why}; the guest was told of an error")]
    public partial void DiskFailed(string device, string doing, string path, string why);
}
