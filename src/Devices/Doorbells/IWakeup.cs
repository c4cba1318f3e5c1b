namespace Vmm.Devices.Doorbells;

/// <summary>Rings a target once at a later time, on its event thread. See <see cref="IDoorbellHost.CreateWakeup"/>. Safe on any thread.</summary>
public interface IWakeup
{
    /// <summary>Rings when so much time has passed, never before. What was asked for earlier is forgotten.</summary>
    void After(TimeSpan delay);

    /// <summary>Does not ring after all; a ring that is under way is not waited for.</summary>
    void Cancel();
}
