using System.Text;
using CsCheck;
using Vmm.Api;
using Vmm.Control;
using Vmm.Logging;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Fuzz.Api;

/// <summary>
/// Bodies of vm.create: right ones with parts replaced by other right parts and by wrong ones, and with bytes changed. The
/// answer is a VM that its own description makes again, or a 4xx that changes nothing.
/// </summary>
public class VmCreateFuzz
{
    private const int Conflict = 499;

    private static readonly string[] s_names =
    [
        "payload", "kernel", "firmware", "initramfs", "cmdline", "cpus", "boot_vcpus", "max_vcpus", "topology", "threads_per_core", "cores_per_die",
        "dies_per_package", "packages", "memory", "size", "shared", "hugepages", "prefault", "hotplug_size", "disks", "path", "readonly", "direct", "id",
        "serial", "image_type", "rng", "src", "console", "mode", "file", "debug_console", "net", "vsock", "platform", "num_pci_segments", "", "Payload", "\\u0000",
        "\\ud800", "payload\\u0000",
    ];

    private static readonly string[] s_scalars =
    [
        "null", "true", "false", "0", "1", "2", "4", "64", "65", "4096", "2097152", "536870912", "-1", "1.5", "1e3", "1e999", "18446744073709551615",
        "18446744073709551616", "\"\"", "\"/boot/vmlinuz\"", "\"hello\"", "\"nobody\"", "\"/proc/self/mem\"", "\"/a\\u0000\"", "\"\\ud83d\"", "\"Tty\"", "\"Off\"",
        "\"Null\"", "\"File\"", "\"Pty\"", "\"Raw\"", "\"/dev/urandom\"", "\"disk0\"", "\"..\"", "[]", "{}", "[[[[[[[[[[]]]]]]]]]]",
    ];

    private static readonly string[] s_parts =
    [
        "\"payload\":{\"kernel\":\"/k\"}", "\"payload\":{\"firmware\":\"hello\",\"cmdline\":\"a\"}", "\"payload\":{\"kernel\":\"/k\",\"initramfs\":\"/i\"}",
        "\"cpus\":{\"boot_vcpus\":4,\"max_vcpus\":4,\"topology\":{\"threads_per_core\":2,\"cores_per_die\":2,\"dies_per_package\":1,\"packages\":1}}",
        "\"memory\":{\"size\":2097152,\"shared\":true}", "\"disks\":[{\"path\":\"/a\",\"readonly\":true},{\"path\":\"/b\",\"id\":\"b\"}]",
        "\"rng\":{\"src\":\"/dev/urandom\"}", "\"serial\":{\"mode\":\"File\",\"file\":\"/s\"}", "\"console\":{\"mode\":\"Off\"}", "\"net\":[]", "\"vsock\":null",
    ];

    private static readonly Gen<string> GenScalar = Gen.Int[0, s_scalars.Length - 1].Select(i => s_scalars[i]);
    private static readonly Gen<string> GenMember = Gen.Select(Gen.Int[0, s_names.Length - 1], GenScalar).Select((name, value) => $"\"{s_names[name]}\":{value}");
    private static readonly Gen<string> GenObject = GenMember.Array[0, 4].Select(members => $"{{{string.Join(',', members)}}}");
    private static readonly Gen<string> GenNested = Gen.Select(Gen.Int[0, s_names.Length - 1], GenObject, Gen.Bool)
        .Select((name, value, list) => list ? $"\"{s_names[name]}\":[{value}]" : $"\"{s_names[name]}\":{value}");
    private static readonly Gen<string> GenPart = Gen.Frequency((6, Gen.Int[0, s_parts.Length - 1].Select(i => s_parts[i])), (1, GenMember), (2, GenNested));
    private static readonly Gen<string> GenBody = Gen.Select(Gen.Int[0, 2], GenPart.Array[0, 5]).Select((payload, parts) => $"{{{string.Join(',', parts.Prepend(s_parts[payload]))}}}");
    private static readonly Gen<(int At, byte Value)[]> GenEdits = Gen.Select(Gen.Int[0, 400], Gen.Byte).Array[0, 4];

    [Fact, Trait("Row", "84")]
    public void Body_makes_a_vm_or_is_refused_and_changes_nothing()
    {
        int made = 0;
        GenBody.Sample(body => Try(Encoding.UTF8.GetBytes(body), ref made), time: FuzzBudget.Seconds);
        Assert.True(made > 0, "no body was right: the fuzzer tests nothing");
    }

    [Fact, Trait("Row", "84")]
    public void Changed_bytes_make_a_vm_or_are_refused_and_change_nothing()
    {
        int made = 0;
        Gen.Select(GenBody, GenEdits).Sample((body, edits) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(body);
            foreach ((int at, byte value) in edits)
                bytes[at % bytes.Length] = value;
            Try(bytes, ref made);
        }, time: FuzzBudget.Seconds);
    }

    [Fact, Trait("Row", "84")]
    public void Any_bytes_are_refused()
    {
        int made = 0;
        Gen.Byte.Array[0, 64].Sample(bytes => Try(bytes, ref made), time: FuzzBudget.Seconds);
    }

    private static void Try(byte[] body, ref int made)
    {
        using VmmLog log = new("fuzz", [], TimeProvider.System);
        using VmControl control = new(new EventHub(TimeProvider.System), log);
        ApiRoutes routes = VmApi.Routes(control, new NoProcess());
        try
        {
            routes.Find("PUT", "/api/v1/vm.create").Answer(body);
        }
        catch (ApiException refused)
        {
            Assert.InRange(refused.Status, 400, Conflict);
            Assert.NotEmpty(refused.Message);
            Assert.DoesNotContain('\n', refused.Message);
            Assert.Equal(VmState.None, control.State);
            return;
        }
        Interlocked.Increment(ref made);
        Assert.Equal(VmState.Created, control.State);
        MachineConfig again = VmConfigReader.Read(Described(routes));
        // What was left to vmm stands in the description: it describes the same machine, in more words.
        Assert.Equal(Info(control.Config!), Info(again));
    }

    private static string Info(MachineConfig machine)
    {
        using MemoryStream text = new();
        using (System.Text.Json.Utf8JsonWriter json = new(text))
            VmInfoWriter.Write(json, machine, VmState.Created);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static byte[] Described(ApiRoutes routes)
    {
        using System.Text.Json.JsonDocument info = System.Text.Json.JsonDocument.Parse(routes.Find("GET", "/api/v1/vm.info").Answer(default).Body);
        return Encoding.UTF8.GetBytes(info.RootElement.GetProperty("config").GetRawText());
    }

    private sealed class NoProcess : IVmmProcess
    {
        public CancellationToken Ending => CancellationToken.None;

        public bool LivesWithItsVm => false;

        public void End()
        {
        }
    }
}
