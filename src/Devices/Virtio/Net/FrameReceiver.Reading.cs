using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Net;

/// <content>Frames into staged buffers, without the lock.</content>
internal sealed partial class FrameReceiver
{
    private Outcome Read(Virtqueue queue, ref int budget)
    {
        if (_spill.Length == 0)
            _spill = GC.AllocateUninitializedArray<byte>(NetworkDevice.LargestFrame, pinned: true);
        Outcome outcome;
        _isReading = true;
        using (_core.Unlock())
            outcome = ReadUnlocked(ref budget);
        _isReading = false;
        GiveBack(queue);
        return outcome;
    }

    private Outcome ReadUnlocked(ref int budget)
    {
        while (true)
        {
            if (_pending == 0)
            {
                if (budget == 0)
                    return Outcome.RoundIsOver;
                if (_staged.Count == 0)
                    return Outcome.NeedsBuffers;
                int count = ReadOne();
                if (count == 0)
                    return Outcome.NoFrames;
                budget--;
                if (!IsWanted(count))
                    continue;
                _pending = count;
            }
            if (!_isPaid && !_limiter.TryTake((ulong)(_pending - HeaderSize), out _wait))
                return Outcome.Throttled;
            _isPaid = true;
            if (!TryPlace())
                return Outcome.NeedsBuffers;
        }
    }

    /// <summary>Reads a frame into the first buffers, and what they have no room for into the spill area.</summary>
    private int ReadOne()
    {
        _into[0] = new HostSegment(Marshal.UnsafeAddrOfPinnedArrayElement(_header, 0), HeaderSize);
        int chains = _card.MergesBuffers ? _staged.Count : 1;
        int listed = 1 + _staged.List(_into.AsSpan(1), (ulong)_card.ReceiveRoom, chains, out _room);
        _into[listed++] = new HostSegment(Marshal.UnsafeAddrOfPinnedArrayElement(_spill, 0), (nuint)_spill.Length);
        return _backend.Receive(_pair, _into.AsSpan(0, listed));
    }

    private bool IsWanted(int count)
    {
        int length = count - HeaderSize;
        // 5.1.4.1: nothing beyond the MTU that was agreed on, but for what is to be segmented.
        int largest = _header[NetworkDevice.HeaderGsoType] == NetworkDevice.VIRTIO_NET_HDR_GSO_NONE ? _card.LargestWhole : NetworkDevice.LargestFrame;
        if (length < NetworkDevice.EthernetHeader || length > largest || !FrameHeader.CheckReceived(_header, _card.ToDriver))
        {
            Counters.Err();
            return false;
        }
        Span<byte> start = stackalloc byte[ReceiveFilter.PeekSize];
        start = start[..Math.Min(length, start.Length)];
        Peek(start);
        if (_card.Filter.Passes(start))
            return true;
        Counters.Filter();
        return false;
    }

    /// <summary>Copies the first bytes of the frame that was read.</summary>
    private unsafe void Peek(Span<byte> start)
    {
        for (int i = 1; !start.IsEmpty; i++)
        {
            int count = (int)Math.Min(_into[i].Length, (nuint)start.Length);
            new ReadOnlySpan<byte>((void*)_into[i].Address, count).CopyTo(start);
            start = start[count..];
        }
    }

    /// <summary>Gives the pending frame to the guest. False when it needs more buffers than there are.</summary>
    private bool TryPlace()
    {
        int chains = ChainsFor((ulong)_pending);
        if (chains == 0 && !_card.MergesBuffers)
        {
            // 5.1.6.4.1: without MRG_RXBUF it is one buffer or nothing.
            DropPending();
            return true;
        }
        if (chains == 0)
            return false;
        if ((ulong)_pending > _room)
            _staged.Write(_room, _spill.AsSpan(0, _pending - (int)_room));
        BinaryPrimitives.WriteUInt16LittleEndian(_header.AsSpan(NetworkDevice.HeaderBuffers), (ushort)chains);
        _staged.Write(0, _header);
        ulong left = (ulong)_pending;
        for (int i = 0; i < chains; i++)
        {
            StagedBuffers.Chain chain = _staged[i];
            var used = (uint)Math.Min(left, chain.Length);
            left -= used;
            _done[_doneCount++] = new Done(chain.Head, used);
        }
        _staged.RemoveFirst(chains);
        Counters.Move(_pending - HeaderSize);
        _pending = 0;
        _isPaid = false;
        return true;
    }

    /// <summary>How many of the staged buffers hold so many bytes; 0 when they do not.</summary>
    private int ChainsFor(ulong bytes)
    {
        int most = _card.MergesBuffers ? _staged.Count : Math.Min(1, _staged.Count);
        for (int i = 0; i < most; i++)
        {
            if (bytes <= _staged[i].Length)
                return i + 1;
            bytes -= _staged[i].Length;
        }
        return 0;
    }
}
