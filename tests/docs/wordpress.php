<?php
// Stands in for the few functions of WordPress that the plugin calls, under PHP's own web server.
$actions = [];
function add_action($name, $do, $priority = 10) { global $actions; $actions[$name][] = $do; }
function home_url($path) { return 'http://' . $_SERVER['HTTP_HOST'] . $path; }
function wp_parse_url($url, $part) { return parse_url($url, $part); }
function is_ssl() { return false; }
function esc_url($text) { return htmlspecialchars($text); }
function esc_attr($text) { return htmlspecialchars($text); }
function status_header($code) { http_response_code($code); }
function is_wp_error($answer) { return $answer === null; }
function wp_remote_request($url, $given) {
    $lines = ['User-Agent: ' . $given['user-agent']];
    foreach ($given['headers'] as $name => $value) $lines[] = "$name: $value";
    $http = ['method' => $given['method'], 'header' => $lines, 'content' => $given['body'], 'ignore_errors' => true, 'follow_location' => 0];
    $body = @file_get_contents($url, false, stream_context_create(['http' => $http]));
    if ($body === false) return null;
    preg_match('~^HTTP/\S+ (\d+)~', $http_response_header[0], $code);
    return ['code' => (int) $code[1], 'headers' => array_slice($http_response_header, 1), 'body' => $body];
}
function wp_remote_retrieve_response_code($answer) { return $answer['code']; }
function wp_remote_retrieve_body($answer) { return $answer['body']; }
function wp_remote_retrieve_header($answer, $name) {
    $found = [];
    foreach ($answer['headers'] as $line) {
        [$key, $value] = explode(':', $line, 2);
        if (strcasecmp($key, $name) === 0) $found[] = trim($value);
    }
    return count($found) > 1 ? $found : ($found[0] ?? '');
}
require __DIR__ . '/plugin.php';
foreach ($actions['init'] as $do) $do();
http_response_code($_SERVER['REQUEST_URI'] === '/' ? 200 : 404);
foreach ($actions['wp_head'] as $do) $do();
