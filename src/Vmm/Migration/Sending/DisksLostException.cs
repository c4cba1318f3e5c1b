using Vmm.Host;

namespace Vmm.Migration.Sending;

/// <summary>A migration failed after the disks' locks were given away, and somebody else has one now: the guest is held here without its disks.</summary>
/// <param name="message">What failed, and what to do.</param>
/// <param name="cause">Why a disk cannot be had.</param>
internal sealed class DisksLostException(string message, Exception cause) : VmmException(message, cause: cause);
