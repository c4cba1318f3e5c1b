using Vmm.Guest.Memory;
using Vmm.Snapshot.Memory;

namespace Vmm.Migration.Receiving;

/// <summary>A machine that was just built and waits for what another process's machine held.</summary>
internal interface IIncomingGuest
{
    /// <summary>Where its RAM begins in this process. All of it is zero.</summary>
    nint Memory { get; }

    /// <summary>RAM in bytes.</summary>
    ulong Length { get; }

    /// <summary>The host's pages that its RAM is made of, in bytes: the least that <see cref="Await"/> can have come.</summary>
    ulong PageSize { get; }

    /// <summary>Looks whether it can run before its memory is there.</summary>
    /// <exception cref="Host.VmmException">It cannot, and why.</exception>
    void CheckPostCopy();

    /// <summary>Has RAM come while it is used. Nobody uses it before this returns; <see cref="Memory"/> is not touched directly any more.</summary>
    /// <param name="missing">The pages that are to come, whole ones of <see cref="PageSize"/>. Others are right as they are.</param>
    /// <param name="source">Asked for them.</param>
    /// <exception cref="Host.VmmException">It cannot be.</exception>
    PageServer Await(DirtyBitmap missing, IPageSource source);

    /// <summary>Takes over the state of processors and devices. Memory is there.</summary>
    /// <param name="state">A state file.</param>
    /// <exception cref="Host.VmmException">It is not what this machine can hold.</exception>
    void Restore(ReadOnlyMemory<byte> state);

    /// <summary>Takes the disks' locks, which the source has given away.</summary>
    /// <exception cref="Host.VmmException">Somebody else has one.</exception>
    void TakeDisks();
}
