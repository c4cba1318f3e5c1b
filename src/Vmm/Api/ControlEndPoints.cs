namespace Vmm.Api;

/// <summary>Where this process is steered from and tells what happens, besides its terminal.</summary>
/// <param name="ApiSocket">Where the API is served; null for nowhere.</param>
/// <param name="EventMonitor">Where events are written; null for nowhere.</param>
internal sealed record ControlEndPoints(EndPoint? ApiSocket, EndPoint? EventMonitor)
{
    /// <summary>Neither.</summary>
    public static ControlEndPoints None { get; } = new(null, null);

    /// <summary>Whether one of them was handed over by whoever started this process: no other process has it.</summary>
    public bool HasDescriptor => (ApiSocket?.Fd ?? EventMonitor?.Fd) is not null;

    /// <summary>Those that paths tell.</summary>
    /// <param name="apiSocket">Null for none.</param>
    /// <param name="eventMonitor">Null for none.</param>
    public static ControlEndPoints At(string? apiSocket, string? eventMonitor) => new(At(apiSocket), At(eventMonitor));

    private static EndPoint? At(string? path) => path is null ? null : new(path, null);
}
