using System.Buffers.Binary;
using Vmm.Devices.Bus;
using Vmm.Devices.Platform.Spec;

namespace Vmm.Devices.Platform;

/// <summary>
/// The PC's clock and its battery-backed memory, behind the ports 0x70 (index) and 0x71 (data). It tells the host's time
/// in UTC; a guest that sets it gets a clock that runs at that distance from the host's. It raises no interrupts: alarm
/// and periodic settings are only kept.
/// </summary>
public sealed partial class Cmos : IBusDevice
{
    private const ulong KiB = 1UL << 10;
    private const ulong MiB = 1UL << 20;
    private const ulong Block = 64 * KiB;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly byte[] _memory = new byte[CmosSpec.Size];
    private TimeSpan _offset;
    private byte _index;

    /// <summary>Makes the clock of a machine.</summary>
    /// <param name="time">The host's clock.</param>
    /// <param name="lowRam">RAM below 4 GiB, in bytes.</param>
    /// <param name="highRam">RAM from 4 GiB, in bytes.</param>
    public Cmos(TimeProvider time, ulong lowRam, ulong highRam)
    {
        _time = time;
        _memory[CmosSpec.StatusA] = CmosSpec.StatusADefault;
        _memory[CmosSpec.StatusB] = CmosSpec.Hours24;
        _memory[CmosSpec.StatusD] = CmosSpec.ValidRamAndTime;

        SetUInt16(CmosSpec.BaseMemory, Math.Min(lowRam, 640 * KiB) / KiB);
        ulong extended = Math.Min(lowRam - Math.Min(lowRam, MiB), 63 * MiB) / KiB;
        SetUInt16(CmosSpec.ExtendedMemory, extended);
        SetUInt16(CmosSpec.ExtendedMemoryFound, extended);
        SetUInt16(CmosSpec.MemoryAbove16M, (lowRam - Math.Min(lowRam, 16 * MiB)) / Block);
        SetUInt16(CmosSpec.MemoryAbove4G, highRam / Block);
        _memory[CmosSpec.MemoryAbove4G + 2] = (byte)(highRam / Block >> 16);
    }

    /// <inheritdoc/>
    public string Name => "cmos";

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        lock (_lock)
        {
            for (int i = 0; i < data.Length; i++)
                data[i] = (int)offset + i == 1 ? ReadRegister(_index) : (byte)0xff; // the index is write-only
        }
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            for (int i = 0; i < data.Length; i++)
            {
                if ((int)offset + i == 0)
                    _index = (byte)(data[i] & CmosSpec.IndexMask);
                else
                    WriteRegister(_index, data[i]);
            }
        }
    }

    private static bool IsTime(int register) => register is CmosSpec.Seconds or CmosSpec.Minutes or CmosSpec.Hours
        or CmosSpec.DayOfWeek or CmosSpec.Day or CmosSpec.Month or CmosSpec.Year or CmosSpec.Century;

    private bool Has(byte statusB) => (_memory[CmosSpec.StatusB] & statusB) != 0;

    private byte ReadRegister(int register)
    {
        if (IsTime(register) && !Has(CmosSpec.Set))
            Show(Now());
        if (register == CmosSpec.StatusA && !Has(CmosSpec.Set) && IsUpdating(Now()))
            return (byte)(_memory[register] | CmosSpec.UpdateInProgress);
        return _memory[register];
    }

    private void WriteRegister(int register, byte value)
    {
        if (register == CmosSpec.StatusB)
        {
            WriteStatusB(value);
        }
        else if (IsTime(register) && !Has(CmosSpec.Set))
        {
            Show(Now());
            _memory[register] = value;
            Adopt();
        }
        else if (register == CmosSpec.StatusA)
        {
            _memory[register] = (byte)(value & ~CmosSpec.UpdateInProgress);
        }
        else if (register is not (CmosSpec.StatusC or CmosSpec.StatusD))
        {
            _memory[register] = value;
        }
    }

    private void WriteStatusB(byte value)
    {
        bool wasSetting = Has(CmosSpec.Set);
        if (!wasSetting)
            Show(Now());
        _memory[CmosSpec.StatusB] = value;
        // The time that was set counts in the format that is chosen by the time the clock starts.
        if (wasSetting && !Has(CmosSpec.Set))
            Adopt();
    }

    private DateTime Now()
    {
        DateTime host = _time.GetUtcNow().UtcDateTime;
        // A guest may have set any year to 9999; its clock stops at the end of it.
        if (_offset > DateTime.MaxValue - host)
            return DateTime.MaxValue;
        return _offset < DateTime.MinValue - host ? DateTime.MinValue : host + _offset;
    }

    private static bool IsUpdating(DateTime now) =>
        now.Ticks % TimeSpan.TicksPerSecond >= TimeSpan.TicksPerSecond - (long)(CmosSpec.UpdateMicroseconds * TimeSpan.TicksPerMicrosecond);

    private void Show(DateTime now)
    {
        int hour = now.Hour;
        byte half = 0;
        if (!Has(CmosSpec.Hours24))
        {
            half = hour >= 12 ? CmosSpec.Afternoon : (byte)0;
            hour = hour % 12 == 0 ? 12 : hour % 12;
        }
        _memory[CmosSpec.Seconds] = Encode(now.Second);
        _memory[CmosSpec.Minutes] = Encode(now.Minute);
        _memory[CmosSpec.Hours] = (byte)(Encode(hour) | half);
        _memory[CmosSpec.DayOfWeek] = Encode((int)now.DayOfWeek + 1);
        _memory[CmosSpec.Day] = Encode(now.Day);
        _memory[CmosSpec.Month] = Encode(now.Month);
        _memory[CmosSpec.Year] = Encode(now.Year % 100);
        _memory[CmosSpec.Century] = Encode(now.Year / 100);
    }

    /// <summary>Takes the time in the registers as the guest's, unless there is no such time.</summary>
    private void Adopt()
    {
        byte hours = _memory[CmosSpec.Hours];
        int hour = Decode(hours);
        if (!Has(CmosSpec.Hours24))
            hour = Decode((byte)(hours & ~CmosSpec.Afternoon)) % 12 + ((hours & CmosSpec.Afternoon) != 0 ? 12 : 0);
        int year = Decode(_memory[CmosSpec.Century]) * 100 + Decode(_memory[CmosSpec.Year]);
        int month = Decode(_memory[CmosSpec.Month]);
        int day = Decode(_memory[CmosSpec.Day]);
        int minute = Decode(_memory[CmosSpec.Minutes]);
        int second = Decode(_memory[CmosSpec.Seconds]);

        bool exists = year is >= 1 and <= 9999 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month)
            && hour < 24 && minute < 60 && second < 60;
        if (exists)
            _offset = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc) - _time.GetUtcNow().UtcDateTime;
    }

    private byte Encode(int value) => (byte)(Has(CmosSpec.Binary) ? value : value / 10 << 4 | value % 10);

    private int Decode(byte value) => Has(CmosSpec.Binary) ? value : (value >> 4) * 10 + (value & 0xf);

    private void SetUInt16(int register, ulong value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(_memory.AsSpan(register), (ushort)value);
}
