using Vmm.Devices.Platform;
using Vmm.Tests.Devices.Bus;
using Xunit;
using static Vmm.Devices.Platform.Spec.CmosSpec;

namespace Vmm.Tests.Devices.Platform;

public class CmosTests
{
    private readonly FixedTime _time = new(new DateTimeOffset(2031, 12, 9, 15, 4, 58, TimeSpan.FromHours(2)));
    private readonly Cmos _cmos;

    public CmosTests() => _cmos = new Cmos(_time, lowRam: 3UL << 30, highRam: 5UL << 30);

    private byte Get(int register)
    {
        _cmos.Out8(0, (byte)register);
        return _cmos.In8(1);
    }

    private void Put(int register, byte value)
    {
        _cmos.Out8(0, (byte)register);
        _cmos.Out8(1, value);
    }

    private string Clock() => $"{Get(Century):x2}{Get(Year):x2}-{Get(Month):x2}-{Get(Day):x2} {Get(Hours):x2}:{Get(Minutes):x2}:{Get(Seconds):x2}";

    [Fact]
    public void Time_is_the_hosts_in_utc_and_bcd()
    {
        Assert.Equal("2031-12-09 13:04:58", Clock());
        Assert.Equal(3, Get(Vmm.Devices.Platform.Spec.CmosSpec.DayOfWeek)); // a Tuesday; Sunday is 1
    }

    [Fact]
    public void Binary_and_twelve_hour_modes_are_honoured()
    {
        Put(StatusB, Hours24 | Binary);
        Assert.Equal(58, Get(Seconds));
        Assert.Equal(31, Get(Year));
        Put(StatusB, 0);
        Assert.Equal(0x01 | Afternoon, Get(Hours));
        _time.Now = new DateTimeOffset(2031, 1, 1, 0, 30, 0, TimeSpan.Zero);
        Assert.Equal(0x12, Get(Hours));
        Put(Hours, 0x12 | Afternoon);
        Put(StatusB, Hours24);
        Assert.Equal(0x12, Get(Hours));
    }

    [Fact]
    public void Status_registers_read_as_a_running_clock_with_a_good_battery()
    {
        Assert.Equal(StatusADefault, Get(StatusA));
        Assert.Equal(Hours24, Get(StatusB));
        Assert.Equal(0, Get(StatusC));
        Assert.Equal(ValidRamAndTime, Get(StatusD));
    }

    [Fact]
    public void Update_in_progress_warns_of_the_coming_second()
    {
        _time.Now = _time.Now.AddMilliseconds(990);
        Assert.Equal(0, Get(StatusA) & UpdateInProgress);
        _time.Now = _time.Now.AddMilliseconds(9);
        Assert.Equal(UpdateInProgress, Get(StatusA) & UpdateInProgress);
        _time.Now = _time.Now.AddMilliseconds(1);
        Assert.Equal(0, Get(StatusA) & UpdateInProgress);
    }

    [Fact]
    public void Time_that_is_set_runs_on_at_its_distance()
    {
        Put(StatusB, Hours24 | Set);
        (int Register, byte Value)[] time = [(Century, 0x19), (Year, 0x99), (Month, 0x12), (Day, 0x31), (Hours, 0x23), (Minutes, 0x59), (Seconds, 0x58)];
        foreach ((int register, byte value) in time)
            Put(register, value);
        _time.Now = _time.Now.AddMinutes(1); // the clock stands while it is set
        Assert.Equal("1999-12-31 23:59:58", Clock());
        Put(StatusB, Hours24);
        _time.Now = _time.Now.AddSeconds(3);
        Assert.Equal("2000-01-01 00:00:01", Clock());
    }

    [Fact]
    public void Time_that_does_not_exist_is_ignored()
    {
        Put(Month, 0x13);
        Put(Hours, 0xff);
        Put(Day, 0);
        Assert.Equal("2031-12-09 13:04:58", Clock());
    }

    [Fact, Trait("Row", "57")]
    public void Year_9999_does_not_overflow_the_clock()
    {
        Put(Century, 0x99);
        Put(Year, 0x99);
        _time.Now = _time.Now.AddYears(5);
        Assert.Equal("9999-12-31 23:59:59", Clock());
        _time.Now = _time.Now.AddYears(-10);
        Assert.Equal("9994", Clock()[..4]);
    }

    [Fact]
    public void Alarm_and_free_memory_keep_what_is_written()
    {
        Put(1, 0x45);
        Put(0x7f, 0x99);
        Assert.Equal((0x45, 0x99), (Get(1), Get(0x7f)));
    }

    [Fact, Trait("Row", "32")]
    public void Read_only_status_registers_keep_their_values()
    {
        Put(StatusC, 0xff);
        Put(StatusD, 0);
        Put(StatusA, 0xff);
        Assert.Equal((0, ValidRamAndTime, 0), (Get(StatusC), Get(StatusD), Get(StatusA) & UpdateInProgress));
    }

    [Fact, Trait("Row", "31")]
    public void Nmi_bit_is_no_part_of_the_index_and_the_index_is_write_only()
    {
        _cmos.Out8(0, 0x80 | StatusD);
        Assert.Equal(ValidRamAndTime, _cmos.In8(1));
        Assert.Equal(0xff, _cmos.In8(0));
        _cmos.Out16(0, 0x42 << 8 | 0x50); // index and data in one
        Assert.Equal(0x42, Get(0x50));
    }

    [Theory]
    [InlineData(2UL << 20, 0UL, 640, 1024, 0, 0)]
    [InlineData(64UL << 20, 0UL, 640, 63 * 1024, 48 * 16, 0)]
    [InlineData(3UL << 30, 5UL << 30, 640, 63 * 1024, (3072 - 16) * 16, 5 * 16384)]
    public void Memory_sizes_are_told(ulong low, ulong high, int baseKiB, int extendedKiB, int above16M, int above4G)
    {
        var cmos = new Cmos(_time, low, high);
        int Sum(int register, int bytes)
        {
            int value = 0;
            for (int i = 0; i < bytes; i++)
            {
                cmos.Out8(0, (byte)(register + i));
                value |= cmos.In8(1) << 8 * i;
            }
            return value;
        }
        Assert.Equal(baseKiB, Sum(BaseMemory, 2));
        Assert.Equal(extendedKiB, Sum(ExtendedMemory, 2));
        Assert.Equal(extendedKiB, Sum(ExtendedMemoryFound, 2));
        Assert.Equal(above16M, Sum(MemoryAbove16M, 2));
        Assert.Equal(above4G, Sum(MemoryAbove4G, 3));
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
