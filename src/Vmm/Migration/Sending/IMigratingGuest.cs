using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Migration.Protocol;

namespace Vmm.Migration.Sending;

/// <summary>A running machine, as its migration needs it. Called on one thread.</summary>
internal interface IMigratingGuest
{
    /// <summary>Where its RAM begins in this process. It stays mapped until the migration is over, whatever the guest does.</summary>
    nint Memory { get; }

    /// <summary>RAM in bytes.</summary>
    ulong Length { get; }

    /// <summary>The host's pages that its RAM is made of, in bytes, at the destination as here: there only whole ones can be placed.</summary>
    ulong PageSize { get; }

    /// <summary>The memfd behind its RAM; null for memory that is this process's alone.</summary>
    SafeFd? MemoryFile { get; }

    /// <summary>Whether the guest's run is over, by itself or by its user: there is nothing to migrate any more.</summary>
    bool HasEnded { get; }

    /// <summary>What machine it is.</summary>
    /// <param name="options">What is asked of the migration.</param>
    OfferMessage Describe(MigrationOptions options);

    /// <summary>Logs all writes to RAM from now on.</summary>
    void StartLogging();

    /// <summary>Logs no more.</summary>
    void StopLogging();

    /// <summary>Marks every page that may be other than zero.</summary>
    void MarkContent(DirtyBitmap into);

    /// <summary>Marks what was written since the last time.</summary>
    void Harvest(DirtyBitmap into);

    /// <summary>Holds vCPUs for a share of the time.</summary>
    /// <param name="percent">0 lets them go.</param>
    void Throttle(int percent);

    /// <summary>Holds every vCPU and brings devices to rest.</summary>
    void Hold();

    /// <summary>The state of processors and devices, as the bytes of a state file. The guest is held.</summary>
    byte[] SaveState();

    /// <summary>Gives the disks' locks away.</summary>
    void GiveUp();

    /// <summary>Takes the disks' locks again.</summary>
    /// <exception cref="VmmException">Somebody else has one.</exception>
    void TakeBack();

    /// <summary>Lets devices and vCPUs go on after <see cref="Hold"/>.</summary>
    void GoOn();
}
