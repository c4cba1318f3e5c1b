using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Migration.Sending;

/// <summary>The destination said that it will not run the guest, and why. It never does after that.</summary>
/// <param name="destination">Its name.</param>
/// <param name="reason">What it said.</param>
internal sealed class RefusedException(string destination, string reason) : VmmException($"{destination} says: {Printable.Escape(reason)}");
