using Vmm.Devices.State;
using Vmm.Host;

namespace Vmm.Kvm.State;

/// <summary>KVM says EINVAL and no more: this says which part of a saved state it was that it refused.</summary>
internal static class KvmRefusal
{
    /// <summary>Does something that KVM may refuse.</summary>
    /// <param name="section">Whose state it is.</param>
    /// <param name="field">Which part of it.</param>
    /// <param name="act">What hands it to KVM.</param>
    /// <exception cref="StateException">KVM refused.</exception>
    public static void Name(string section, string field, Action act)
    {
        try
        {
            act();
        }
        catch (HostException refused)
        {
            throw new StateException(section, $"{field}: KVM refuses it ({refused.Message})", refused);
        }
    }

    /// <summary>Hands a structure to KVM, which may refuse it.</summary>
    /// <param name="section">Whose state it is.</param>
    /// <param name="field">Which part of it.</param>
    /// <param name="set">What hands it to KVM.</param>
    /// <param name="value">The structure.</param>
    /// <exception cref="StateException">KVM refused.</exception>
    public static void Name<T>(string section, string field, Action<T> set, T value) => Name(section, field, () => set(value));
}
