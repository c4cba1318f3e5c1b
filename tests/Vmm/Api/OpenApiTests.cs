using System.Runtime.CompilerServices;
using System.Text.Json;
using Vmm.Api;
using Xunit;

namespace Vmm.Tests.Vmm.Api;

/// <summary>The document is compared with the calls there are, and with itself.</summary>
public sealed class OpenApiTests : IDisposable
{
    private readonly ApiRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Every_call_is_in_the_document_and_every_call_of_the_document_is_there()
    {
        using JsonDocument document = JsonDocument.Parse(OpenApiDocument.Json);
        IEnumerable<string> documented = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"));
        IEnumerable<string> served = VmApi.Routes(_rig.Control, _rig).All.Select(route => $"{route.Method} {route.Path}");
        Assert.Equal(served.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_command_that_waits_for_its_turn_may_be_a_conflict_and_migrations_may_fail()
    {
        using JsonDocument document = JsonDocument.Parse(OpenApiDocument.Json);
        foreach (ApiRoute route in VmApi.Routes(_rig.Control, _rig).All.Where(route => route.Method == "PUT" && route.Turn != ApiTurn.AtOnce))
        {
            JsonElement answers = document.RootElement.GetProperty("paths").GetProperty(route.Path).GetProperty("put").GetProperty("responses");
            Assert.True(answers.TryGetProperty("409", out _), route.Path);
            Assert.True(route.Turn != ApiTurn.Long || answers.TryGetProperty("500", out _), route.Path);
        }
    }

    [Fact]
    public void Every_reference_leads_somewhere()
    {
        using JsonDocument document = JsonDocument.Parse(OpenApiDocument.Json);
        int count = 0;
        foreach (string reference in References(document.RootElement))
        {
            JsonElement at = document.RootElement;
            foreach (string name in reference.Split('/').Skip(1))
                at = at.GetProperty(name);
            count++;
        }
        Assert.True(count > 20);
    }

    [Fact]
    public async Task Document_is_served_as_it_is_kept()
    {
        Assert.Equal(Kept(), await _rig.Client.GetStringAsync("openapi.yaml", TestContext.Current.CancellationToken));
        using JsonDocument served = JsonDocument.Parse(await _rig.Client.GetStringAsync("openapi.json", TestContext.Current.CancellationToken));
        Assert.Equal("3.0.3", served.RootElement.GetProperty("openapi").GetString());
    }

    [Fact]
    public void Fields_of_the_document_are_fields_that_create_takes()
    {
        using JsonDocument document = JsonDocument.Parse(OpenApiDocument.Json);
        JsonElement config = document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("VmConfig").GetProperty("properties");
        foreach (JsonProperty field in config.EnumerateObject().Where(field => field.Name != "payload"))
            VmConfigReader.Read(System.Text.Encoding.UTF8.GetBytes($$"""{"payload":{"firmware":"hello"},"{{field.Name}}":null}"""));
    }

    [Fact]
    public void Yaml_becomes_the_json_it_means()
    {
        const string Yaml = """
            # a comment
            a: text with spaces
            "200": 7
            list:
              - one
              - name: two
                deep:
                  on: true
            flow: [x, "Off", 3]
            empty: {}
            none:
            """;
        using JsonDocument json = JsonDocument.Parse(YamlToJson.Convert(Yaml));
        Assert.Equal("""{"a":"text with spaces","200":7,"list":["one",{"name":"two","deep":{"on":true}}],"flow":["x","Off",3],"empty":{},"none":null}""",
            JsonSerializer.Serialize(json.RootElement));
    }

    private static string Kept([CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/openapi.yaml"));

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(field => field.Name == "$ref" ? [field.Value.GetString()!] : References(field.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
