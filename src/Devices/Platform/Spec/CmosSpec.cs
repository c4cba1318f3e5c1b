namespace Vmm.Devices.Platform.Spec;

/// <summary>Registers of the PC's clock and CMOS memory (Motorola MC146818 data sheet; IBM PC AT Technical Reference, real-time clock).</summary>
public static class CmosSpec
{
    /// <summary>Bytes in all.</summary>
    public const int Size = 128;

    /// <summary>The index register's top bit masks NMIs and is no part of the index.</summary>
    public const byte IndexMask = 0x7f;

    /// <summary>Seconds.</summary>
    public const int Seconds = 0x00;

    /// <summary>Minutes.</summary>
    public const int Minutes = 0x02;

    /// <summary>Hours.</summary>
    public const int Hours = 0x04;

    /// <summary>Day of the week; Sunday is 1.</summary>
    public const int DayOfWeek = 0x06;

    /// <summary>Day of the month.</summary>
    public const int Day = 0x07;

    /// <summary>Month; January is 1.</summary>
    public const int Month = 0x08;

    /// <summary>Year of the century.</summary>
    public const int Year = 0x09;

    /// <summary>Status register A.</summary>
    public const int StatusA = 0x0a;

    /// <summary>Status register B.</summary>
    public const int StatusB = 0x0b;

    /// <summary>Status register C: interrupt flags, cleared by reading.</summary>
    public const int StatusC = 0x0c;

    /// <summary>Status register D.</summary>
    public const int StatusD = 0x0d;

    /// <summary>KiB of RAM below 1 MiB, 16 bits.</summary>
    public const int BaseMemory = 0x15;

    /// <summary>KiB of RAM from 1 MiB, 16 bits, at most 63 MiB.</summary>
    public const int ExtendedMemory = 0x17;

    /// <summary>As <see cref="ExtendedMemory"/>, as measured by the self-test.</summary>
    public const int ExtendedMemoryFound = 0x30;

    /// <summary>Century, in the same format as the year; the ACPI FADT can name it.</summary>
    public const int Century = 0x32;

    /// <summary>64 KiB blocks of RAM from 16 MiB to 4 GiB, 16 bits (a convention of emulated PCs).</summary>
    public const int MemoryAbove16M = 0x34;

    /// <summary>64 KiB blocks of RAM from 4 GiB, 24 bits (a convention of emulated PCs).</summary>
    public const int MemoryAbove4G = 0x5b;

    /// <summary>Status A: the time is about to change.</summary>
    public const byte UpdateInProgress = 1 << 7;

    /// <summary>Status A at power-on: 32.768 kHz time base, 1024 Hz rate.</summary>
    public const byte StatusADefault = 0x26;

    /// <summary>Status B: the guest is setting the time; the clock stands.</summary>
    public const byte Set = 1 << 7;

    /// <summary>Status B: binary, not BCD.</summary>
    public const byte Binary = 1 << 2;

    /// <summary>Status B: 24 hours, not 12.</summary>
    public const byte Hours24 = 1 << 1;

    /// <summary>Hours in the 12-hour mode: afternoon.</summary>
    public const byte Afternoon = 1 << 7;

    /// <summary>Status D: battery good.</summary>
    public const byte ValidRamAndTime = 1 << 7;

    /// <summary>For how long before a change <see cref="UpdateInProgress"/> is set: 244 µs of warning and the 1984 µs of the update.</summary>
    public const double UpdateMicroseconds = 244 + 1984;
}
