namespace Vmm.Api;

/// <summary>When a call is carried out that changes something.</summary>
internal enum ApiTurn
{
    /// <summary>One after the other.</summary>
    InOrder,

    /// <summary>The same; but it waits for somebody else and may take long, and who comes meanwhile hears that at once.</summary>
    Long,

    /// <summary>At once, whatever else is being done.</summary>
    AtOnce,
}
