namespace Vmm.Devices.Backends;

/// <summary>Random bytes that the guest may have. Never blocks: the host's generator is seeded long before a guest runs.</summary>
public interface IEntropySource
{
    /// <summary>Fills all of <paramref name="destination"/>, which may be guest memory.</summary>
    void Fill(Span<byte> destination);
}
