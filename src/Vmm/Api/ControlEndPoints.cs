namespace Vmm.Api;

/// <summary>Where this process is steered from and tells what happens, besides its terminal.</summary>
/// <param name="ApiSocket">Where the API is served; null for nowhere.</param>
/// <param name="EventMonitor">Where events are written; null for nowhere.</param>
internal sealed record ControlEndPoints(EndPoint? ApiSocket, EndPoint? EventMonitor)
{
    /// <summary>Neither.</summary>
    public static ControlEndPoints None { get; } = new(null, null);
}
