using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Organizations;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Tests.Organizations;

public sealed class OrganizationReaderTests
{
    [Theory]
    [InlineData("team.example.com", "https://team.example.com")]
    [InlineData("https://team.example.com/", "https://team.example.com")]
    [InlineData("localhost:8702", "http://localhost:8702")]
    [InlineData("http://localhost:8702", "http://localhost:8702")]
    [InlineData("http://[::1]:8702", "http://[::1]:8702")]
    [InlineData("https://localhost:8702", "https://localhost:8702")]
    public void Read_AuthDomain_IsAnOrigin(string text, string origin)
        => Assert.Equal(origin, OrganizationReader.Read(Body(text, out var errors), null, ConfigurationSnapshot.Empty) is var read && errors.Count == 0 ? read.AuthDomain : string.Join(';', errors));

    [Theory]
    [InlineData("http://team.example.com")]
    [InlineData("https://team.example.com/path")]
    [InlineData("https://u:p@team.example.com")]
    [InlineData("ftp://team.example.com")]
    [InlineData("team example")]
    public void Read_AuthDomainThatIsNone_IsRefused(string text)
    {
        OrganizationReader.Read(Body(text, out var errors), null, ConfigurationSnapshot.Empty);
        Assert.Equal("/auth_domain", Assert.Single(errors).Source!.Pointer);
    }

    [Theory]
    [InlineData("\"strict_service_token_auth\":\"yes\"", "/strict_service_token_auth")]
    [InlineData("\"is_ui_read_only\":1", "/is_ui_read_only")]
    [InlineData("\"service_token_inactivity\":{\"enabled\":true,\"inactivity_threshold_days\":10}", "/service_token_inactivity/inactivity_threshold_days")]
    [InlineData("\"service_token_inactivity\":{\"action\":\"burn\"}", "/service_token_inactivity/action")]
    [InlineData("\"custom_pages\":{\"forbidden\":\"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11\"}", "/custom_pages/forbidden")]
    [InlineData("\"login_design\":{\"background_color\":\"red\"}", "/login_design/background_color")]
    [InlineData("\"login_design\":{\"logo_path\":\"http://x.test/a.png\"}", "/login_design/logo_path")]
    [InlineData("\"user_seat_expiration_inactive_time\":\"1h\"", "/user_seat_expiration_inactive_time")]
    [InlineData("\"mfa_required_for_all_apps\":true", "/mfa_required_for_all_apps")]
    [InlineData("\"mfa_config\":{\"allowed_authenticators\":[\"totp\"]}", "/mfa_config/allowed_authenticators")]
    [InlineData("\"assertion_algorithm\":\"none\"", "/assertion_algorithm")]
    [InlineData("\"session_duration\":\"10\"", "/session_duration")]
    public void Read_SettingThatIsWrong_IsRefusedWithItsPointer(string field, string pointer)
    {
        var errors = new List<ApiError>();
        OrganizationReader.Read(new BodyReader(JsonDocument.Parse($$"""{"name":"Team","auth_domain":"team.test",{{field}}}""").RootElement, errors), null, ConfigurationSnapshot.Empty);
        Assert.Equal(pointer, Assert.Single(errors).Source!.Pointer);
    }

    [Fact]
    public void Read_SettingsThatAreLeftOut_StayAsTheyAre()
    {
        var errors = new List<ApiError>();
        var before = OrganizationReader.Read(
            new BodyReader(JsonDocument.Parse("""{"name":"Team","auth_domain":"team.test","strict_service_token_auth":true,"login_design":{"header_text":"Hi"},"service_token_inactivity":{"enabled":true,"inactivity_threshold_days":60,"action":"delete"}}""").RootElement, errors), null, ConfigurationSnapshot.Empty);
        var after = OrganizationReader.Read(new BodyReader(JsonDocument.Parse("""{"name":"Renamed"}""").RootElement, errors), before, ConfigurationSnapshot.Empty);
        Assert.Empty(errors);
        Assert.Equal(before with { Name = "Renamed" }, after);
    }

    private static BodyReader Body(string authDomain, out List<ApiError> errors)
    {
        errors = [];
        return new BodyReader(JsonDocument.Parse($$"""{"name":"Team","auth_domain":"{{authDomain}}"}""").RootElement, errors);
    }
}
